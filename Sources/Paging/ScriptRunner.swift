// SPDX-License-Identifier: Apache-2.0
//
// Runs one alert script: directly, never through a shell, with a deadline, a bounded output and a
// process group that is ended whole.

import EventTime
import Glibc
import Linux
internal import Words

/// What a script is given.
struct ScriptCall: Sendable {
    var path: String
    var event: String
    /// A second argument.
    var subject: String?
    var input: String
    var environment: [String: String]
    var timeout: TimeSpan
    var stop = StopFlag()
}

/// Tells running scripts that we are about to stop.
final class StopFlag: Sendable {
    /// How long scripts may still run then.
    ///
    /// Chosen: enough for an answer on its way, well within systemd's TimeoutStopSec.
    static let grace = Duration.seconds(3)

    private let end = Guarded<ContinuousClock.Instant?>(nil)

    func set() { end.withLock { $0 = $0 ?? .now + Self.grace } }

    /// When a script has to be over; nil: nobody stops.
    var limit: ContinuousClock.Instant? { end.withLock { $0 } }
}

/// Runs scripts, each on a thread of its own: the calls that wait here must not hold up Swift's.
enum ScriptRunner {
    /// Most bytes of standard output and standard error together that are kept; more is read and
    /// thrown away, so that the script does not block.
    static let outputBytes = 16 * 1024
    /// Between SIGTERM at the deadline and SIGKILL.
    ///
    /// Chosen: time to print why.
    static let grace = Duration.seconds(2)
    /// How long a script that is just being written is waited for.
    ///
    /// Chosen.
    static let busy = Duration.seconds(1)

    /// Runs the script and returns how it ended.
    static func run(_ call: ScriptCall) async -> RunResult {
        await withCheckedContinuation { continuation in
            let code = startThread(named: "alert") {
                continuation.resume(returning: runBlocking(call))
            }
            if code != 0 {
                continuation.resume(returning: RunResult(outcome: .notStarted(errno: code)))
            }
        }
    }

    static func runBlocking(_ call: ScriptCall) -> RunResult {
        var command = ChildCommand(
            call.path,
            [call.event] + (call.subject.map { [$0] } ?? [])
        )
        command.environment = call.environment.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        command.directory = "/"
        command.input = .bytes(Array(call.input.utf8))
        command.outputLimit = outputBytes
        command.grace = grace
        command.endsLeftovers = true
        command.hurry = { call.stop.limit }
        let began = ContinuousClock.now
        while true {
            do throws(Errno) {
                let timeout = Duration.microseconds(call.timeout.microseconds)
                return result(try command.run(within: timeout), began, call)
            } catch {
                // Somebody holds the script open for writing: it is being replaced, or a child of
                // ours has not come to exec(3) yet.
                guard error == Errno(ETXTBSY), ContinuousClock.now - began < busy else {
                    return RunResult(outcome: .notStarted(errno: error.number))
                }
                usleep(10_000)
            }
        }
    }

    private static func result(
        _ ended: ChildCommand.Outcome,
        _ began: ContinuousClock.Instant,
        _ call: ScriptCall
    ) -> RunResult {
        let elapsed = ContinuousClock.now - began
        let outcome: RunResult.Outcome =
            if ended.isHung {
                elapsed < .microseconds(call.timeout.microseconds) ? .stopped : .timedOut
            } else if let signal = ended.end.signal {
                // Whoever stops us may have sent the signal to our scripts as well.
                call.stop.limit != nil ? .stopped : .signalled(signal)
            } else {
                outcome(code: ended.end.code, ended.output)
            }
        let (seconds, attoseconds) = elapsed.components
        return RunResult(
            outcome: outcome,
            acknowledgedBy: ScriptAnswer(ended.output).acknowledgedBy,
            output: lines(Array((ended.output + ended.messages).prefix(outputBytes))),
            duration: TimeSpan(microseconds: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        )
    }

    private static func outcome(code: Int32, _ output: [UInt8]) -> RunResult.Outcome {
        switch code {
        case 0: .delivered
        case 75: .temporary(retryAfter: ScriptAnswer(output).retryAfter)
        default: .failed(code: code)
        }
    }

    private static func lines(_ output: [UInt8]) -> [String] {
        output.split(separator: 0x0a).map {
            String(decoding: $0, as: UTF8.self).oneLine(limit: 1024)
        }
    }
}

/// What a script says to us on standard output, line by line.
struct ScriptAnswer {
    /// `retry-after: SECONDS`.
    var retryAfter: Int64?
    /// `acknowledged: NAME`.
    var acknowledgedBy: String?

    init(_ output: [UInt8]) {
        for line in output.split(separator: 0x0a) {
            let text = String(decoding: line, as: UTF8.self).oneLine(limit: 256)
            guard let colon = text.firstIndex(of: ":") else { continue }
            var value = text[text.index(after: colon)...]
            while value.first == " " { value.removeFirst() }
            while value.last == " " { value.removeLast() }
            switch text[..<colon].lowercased() {
            case "retry-after": retryAfter = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
            case "acknowledged": acknowledgedBy = value.isEmpty ? nil : String(value)
            default: continue
            }
        }
    }
}
