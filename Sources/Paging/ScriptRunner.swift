// SPDX-License-Identifier: Apache-2.0
//
// Runs one alert script: directly, never through a shell, with a deadline, a bounded output and a
// process group that is ended whole. The mistake to avoid: waiting for the end of the output
// instead of the end of the process; a script may leave something behind that holds the pipe.

import CLinux
import EventTime
import Glibc
import Threads
internal import Words

/// What a script is given.
struct ScriptCall: Sendable {
    var path: String
    var event: String
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
    static let grace = TimeSpan.seconds(3)

    private let since = Guarded<Timestamp?>(nil)

    var isSet: Bool { since.withLock { $0 != nil } }

    func set() {
        since.withLock { $0 = $0 ?? ScriptRunner.monotonic() }
    }

    /// When a script has to be over.
    func limit(from now: Timestamp) -> Timestamp { since.withLock { ($0 ?? now) + Self.grace } }
}

/// Runs scripts, each on a thread of its own: the calls that wait here must not hold up Swift's.
enum ScriptRunner {
    /// Most bytes of standard output and standard error together that are kept; more is read and
    /// thrown away, so that the script does not block.
    static let outputBytes = 16 * 1024
    /// Between SIGTERM at the deadline and SIGKILL.
    ///
    /// Chosen: time to print why.
    static let grace = TimeSpan.seconds(2)
    /// How long a script that is just being written is waited for.
    ///
    /// Chosen.
    static let busy = TimeSpan.seconds(1)
    /// How long a stop may go unnoticed.
    ///
    /// Chosen.
    static let slice = TimeSpan(microseconds: 250_000)
    /// How long the output of an ended script is still read.
    ///
    /// Chosen.
    static let drain = TimeSpan(microseconds: 200_000)

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
        let began = monotonic()
        var child = clinux_child()
        var code = spawn(call, &child)
        // Somebody holds the script open for writing: it is being replaced, or a child of ours has
        // not come to exec(3) yet.
        while code == ETXTBSY, monotonic() - began < busy {
            usleep(10_000)
            code = spawn(call, &child)
        }
        guard code == 0 else { return RunResult(outcome: .notStarted(errno: code)) }
        var watch = ChildWatch(child: child, deadline: began + call.timeout, stop: call.stop)
        let (status, isTimedOut) = watch.wait()
        let outcome: RunResult.Outcome =
            if isTimedOut {
                .timedOut
            } else if status & 0x7f == 0 {
                outcome(code: status >> 8 & 0xff, watch.output)
            } else {
                .signalled(status & 0x7f)
            }
        return RunResult(
            outcome: outcome,
            acknowledgedBy: ScriptAnswer(watch.output).acknowledgedBy,
            output: lines(watch.output + watch.error),
            duration: monotonic() - began
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

    private static func spawn(_ call: ScriptCall, _ child: inout clinux_child) -> Int32 {
        let arguments = CStrings([call.path, call.event])
        let variables = CStrings(
            call.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        )
        let input = Array(call.input.utf8)
        return unsafe input.withUnsafeBytes {
            unsafe clinux_spawn(
                call.path,
                arguments.pointers,
                variables.pointers,
                $0.baseAddress,
                $0.count,
                &child
            )
        }
    }

    static func monotonic() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
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

/// Strings as exec(3) wants them: a list of C strings that ends in NULL.
@safe private final class CStrings {
    private(set) var pointers: [UnsafeMutablePointer<CChar>?]

    /// Copies the texts; what follows a NUL is lost.
    init(_ texts: [String]) {
        unsafe pointers = unsafe texts.map { text in unsafe strdup(text) }
        unsafe pointers.append(nil)
    }

    deinit {
        unsafe pointers.forEach { text in unsafe free(text) }
    }
}
