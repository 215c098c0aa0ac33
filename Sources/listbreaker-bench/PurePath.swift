// SPDX-License-Identifier: Apache-2.0
//
// Line to mail event to traffic to verdict, as the engine does it, without a breaker: an open one
// pins its list, and a flood must not be met with lists that cannot leave.

internal import EventTime
internal import ListTraffic
internal import MailLog
internal import StormDetection

/// Reader, traffic and detection in a row.
struct PurePath {
    /// Whom it believes.
    let reader: LineReader
    /// What happens on each list.
    var traffic = ListTraffic(settings: TrafficSettings())
    /// What is made of it.
    var detector = StormDetector(settings: DetectionSettings())
    /// Events of lists so far, copies that left included.
    private(set) var happenings = 0
    /// Lines that were believed.
    private(set) var genuine = 0
    private var events: [TrafficEvent] = []

    /// A path that believes root and `mailUser`.
    init(mailUser: UInt32) {
        var trust = TrustSettings()
        trust.postfixUsers = [mailUser]
        reader = LineReader(settings: trust)
    }

    /// Takes every entry of `batch`.
    mutating func take(_ batch: EntryBatch) {
        for entry in batch.entries {
            let event = reader.read(entry, in: batch.bytes)
            guard event.trust == .genuine else { continue }
            genuine += 1
            traffic.observe(event, in: batch.bytes, into: &events)
            guard !events.isEmpty else { continue }
            happenings += events.count
            for event in events { _ = detector.observe(event, list: identity(of: event)) }
            events.removeAll(keepingCapacity: true)
        }
    }

    private func identity(of event: TrafficEvent) -> ListIdentity? {
        switch event {
        case .post(let post): identity(of: post.list)
        case .announced(let list, _, _), .sent(let list, _, _),
            .returned(let list, _, _, _, _):
            detector.isBound(list) ? nil : identity(of: list)
        case .outward(let sender, _, _, _, _):
            detector.isBound(sender)
                ? nil : ListIdentity(address: traffic.address(of: sender))
        case .outbound, .evicted, .senderEvicted: nil
        }
    }

    private func identity(of list: ListID) -> ListIdentity {
        let facts = traffic.facts(of: list)
        return ListIdentity(
            address: facts.address,
            members: facts.members > 0 ? facts.members : nil,
            knownPosters: Int64(facts.knownPosters)
        )
    }
}
