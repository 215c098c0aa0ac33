// SPDX-License-Identifier: Apache-2.0
//
// What the pager tells: logged once, counted, and acknowledgements handed on to the loop.

internal import Breaker
internal import EventTime
internal import Glibc
internal import Paging
internal import Threads

/// Listens to the pager.
final class PagingDesk: Sendable {
    /// What happened since the start.
    struct Tally {
        var delivered: Int64 = 0
        var failed: Int64 = 0
        var lastError: String?
    }

    /// Incidents that somebody took over through an alert script's answer.
    let acknowledgements: AsyncStream<(incident: Int64, by: String)>
    private let feed: AsyncStream<(incident: Int64, by: String)>.Continuation
    private let tally = Guarded(Tally())
    private let log: OwnLog

    init(log: OwnLog) {
        self.log = log
        (acknowledgements, feed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    /// What happened since the start.
    var now: Tally { tally.withLock { $0 } }

    /// What the pager needs from this host.
    func surroundings() -> Pager.Surroundings {
        Pager.Surroundings(
            host: Self.hostName,
            credentials: unsafe getenv("CREDENTIALS_DIRECTORY").map { unsafe String(cString: $0) },
            now: { .now },
            report: { [self] report in take(report) }
        )
    }

    private func take(_ report: PagingReport) {
        switch report {
        case .tried(let target, let event, let keys, let attempt, let result):
            if result.outcome == .delivered {
                tally.withLock { $0.delivered += 1 }
                log.write(5, nil, "page '\(event)' delivered by \(target)")
                return
            }
            let said = result.output.suffix(3).joined(separator: " / ")
            let text =
                "\(target), try \(attempt): \(result.words)\(said.isEmpty ? "" : ": \(said)")"
            tally.withLock { $0.lastError = text }
            log.write(
                4,
                .pageFailed,
                "page '\(event)' for \(keys.first ?? "") not delivered by \(text)",
                reason: text
            )
        case .gaveUp(let target, let keys):
            tally.withLock { $0.failed += Int64(keys.count) }
            log.write(
                2,
                .pageFailed,
                "PAGE UNDELIVERABLE: \(target) was given up for \(keys.joined(separator: ", "))",
                reason: target
            )
        case .acknowledged(let incident, let by): feed.yield((incident, by))
        case .heartbeatSilent(let reason):
            log.write(4, .pageFailed, "the heartbeat falls silent: \(reason)", reason: reason)
        case .heartbeatFailed(let result):
            let said = result.output.suffix(3).joined(separator: " / ")
            log.write(4, nil, "the heartbeat's script \(result.words): \(said)")
        case .outboxFailed(let reason):
            tally.withLock { $0.lastError = reason }
            log.write(3, nil, "the outbox does not work, pages go out from memory: \(reason)")
        }
    }

    /// gethostname(2); the address of a host in pages.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }
}
