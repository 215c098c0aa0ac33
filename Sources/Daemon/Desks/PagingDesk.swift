// SPDX-License-Identifier: Apache-2.0
//
// What the pager tells: logged once, counted, and acknowledgements handed on to the loop.

internal import Breaker
internal import EventTime
internal import Glibc
internal import Linux
internal import Paging
internal import Store

/// Listens to the pager.
final class PagingDesk: Sendable {
    /// What happened since the start.
    struct Tally {
        var delivered: Int64 = 0
        var failed: Int64 = 0
        var lastError: String?
        /// Why the outbox did not work; nil where it does.
        var outboxError: String?
    }

    /// Incidents that somebody took over through an alert script's answer.
    let acknowledgements: AsyncStream<(incident: Int64, by: String)>
    private let feed: AsyncStream<(incident: Int64, by: String)>.Continuation
    /// Incidents about which a target has a page.
    let deliveries: AsyncStream<[Int64]>
    private let deliveryFeed: AsyncStream<[Int64]>.Continuation
    private let tally = Guarded(Tally())
    private let log: OwnLog
    /// Where an incident's timeline is kept; nil where there is no state.
    private let store: Store?

    init(log: OwnLog, store: Store?) {
        self.log = log
        self.store = store
        (acknowledgements, feed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        (deliveries, deliveryFeed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    /// What happened since the start.
    var now: Tally { tally.withLock { $0 } }

    /// Where the secrets of scripts are; nil when systemd passed none.
    var credentials: String? {
        unsafe getenv("CREDENTIALS_DIRECTORY").map { unsafe String(cString: $0) }
    }

    /// What the pager needs from this host.
    func surroundings() -> Pager.Surroundings {
        Pager.Surroundings(
            host: Self.hostName,
            credentials: credentials,
            now: { .now },
            report: { [self] report in take(report) }
        )
    }

    private func take(_ report: PagingReport) {
        switch report {
        case .tried(let target, let event, let about, let attempt, let result):
            let isDelivered = result.outcome == .delivered
            let said = result.output.suffix(3).joined(separator: " / ")
            let how = "\(result.words)\(said.isEmpty || isDelivered ? "" : ": \(said)")"
            note(
                isDelivered ? "delivered" : "not-delivered",
                target,
                "\(event), try \(attempt): \(how)",
                about
            )
            if isDelivered {
                tally.withLock { $0.delivered += 1 }
                if !about.incidents.isEmpty { deliveryFeed.yield(about.incidents) }
                log.write(
                    5,
                    .pageSent,
                    "page '\(event)' delivered by \(target)",
                    target: target,
                    reason: event
                )
                return
            }
            let text = "\(target), try \(attempt): \(how)"
            tally.withLock { $0.lastError = text }
            log.write(
                4,
                .pageFailed,
                "page '\(event)' for \(about.keys.first ?? "") not delivered by \(text)",
                target: target,
                reason: text
            )
        case .gaveUp(let target, let about):
            note("given-up", target, "its attempts are used up; tried again, but slowly", about)
            tally.withLock { $0.failed += Int64(about.keys.count) }
            let keys = about.keys.joined(separator: ", ")
            log.write(
                2,
                .undeliverable,
                "PAGE UNDELIVERABLE: \(target) was given up for \(keys), and is tried slowly",
                target: target,
                reason: keys
            )
        case .forgot(let target, let about):
            let keys = about.keys.joined(separator: ", ")
            log.write(
                4,
                nil,
                "\(target) has not taken \(keys), which is long over: not tried any more",
                target: target,
                reason: keys
            )
        case .acknowledged(let incident, let by): feed.yield((incident, by))
        case .heartbeatSilent(let reason):
            log.write(4, .heartbeatSilent, "the heartbeat falls silent: \(reason)", reason: reason)
        case .heartbeatFailed(let result):
            let said = result.output.suffix(3).joined(separator: " / ")
            log.write(4, nil, "the heartbeat's script \(result.words): \(said)")
        case .outboxFailed(let reason):
            tally.withLock { tally in
                tally.lastError = reason
                tally.outboxError = reason
            }
            log.write(3, nil, "the outbox does not work, pages go out from memory: \(reason)")
        case .outboxWorks:
            tally.withLock { tally in
                // What is over is no trouble that anybody has to look into.
                if tally.lastError == tally.outboxError { tally.lastError = nil }
                tally.outboxError = nil
            }
            log.write(5, nil, "the outbox works again: pages are saved")
        }
    }

    /// Adds to the timelines of the incidents that `about` names.
    private func note(_ event: String, _ target: String, _ text: String, _ about: Subjects) {
        let now = Timestamp.now
        let moments = about.incidents.map {
            Moment(incident: $0, time: now, event: event, target: target, text: text)
        }
        do throws(StoreError) {
            try store?.append(moments)
        } catch {
            log.write(4, nil, "\(error)")
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
