// SPDX-License-Identifier: Apache-2.0
//
// The scope of one list or sender: whatever line shows a message that carries copies of a list on hold, the
// message's hold is ordered, again when its lines go on. Nothing else is touched. The mistake to
// avoid: one order a line; a message in delivery has a hundred lines a second.

import Breaker
public import EventTime
import ListTraffic
import MailLog
import Settings
import StormDetection

/// Which messages were ordered to be held, and when.
struct HoldWatch: Sendable {
    /// Messages that are remembered.
    ///
    /// Chosen: 100 bytes each; past it all are forgotten, and ordered again by their next line.
    static let most = 20_000
    /// Least time between two orders for one message.
    ///
    /// Chosen: a hold takes tens of milliseconds; what was in flight ends within it.
    static let pause = TimeSpan.seconds(2)

    /// First and last order, by queue id.
    var ordered: [String: (first: Timestamp, last: Timestamp)] = [:]
    /// What is to be ordered at the end of the batch, by list.
    var wanted: [Subject: Set<String>] = [:]
    /// What a person let go, by queue id.
    var passing: Set<String> = []

    /// Notes what was let go; when there is too much of it, what is oldest is not known.
    mutating func pass(_ ids: [String]) {
        if passing.count + ids.count > Self.most { passing.removeAll(keepingCapacity: true) }
        passing.formUnion(ids)
    }

    /// Wants the message held, unless that was ordered just now; returns the first order's time.
    mutating func want(_ id: String, of subject: Subject, at time: Timestamp) -> Timestamp {
        if let known = ordered[id] {
            guard time - known.last >= Self.pause else { return known.first }
            ordered[id]?.last = time
            wanted[subject, default: []].insert(id)
            return known.first
        }
        if ordered.count >= Self.most { ordered.removeAll(keepingCapacity: true) }
        ordered[id] = (time, time)
        wanted[subject, default: []].insert(id)
        return time
    }
}

extension Engine {
    /// Orders the hold of the message of `event` when it carries copies of a list on hold, or was
    /// handed over by a sender on hold.
    mutating func hold(_ event: MailEvent, in bytes: [UInt8]) {
        switch event.kind {
        case .queued, .delivery: break
        default: return
        }
        let subject: Subject
        let id: String
        if let carried = traffic.carried(by: event, in: bytes) {
            (subject, id) = (Subject(traffic.address(of: carried.list)), carried.queueID)
        } else if let submitted = traffic.submitted(by: event, in: bytes) {
            subject = .sender(traffic.address(of: submitted.sender))
            id = submitted.queueID
        } else {
            return
        }
        guard board.holds[subject] != nil, !holdWatch.passing.contains(id) else { return }
        let first = holdWatch.want(id, of: subject, at: event.time)
        guard event.kind == .delivery, event.status == .sent, event.relatedID.isEmpty else {
            return
        }
        board.sawCopy(
            of: subject,
            started: event.time - event.attempt,
            ordered: first,
            loggedAt: event.time
        )
    }

    /// What smtpd(8) gives as the reason, as our tables have it; a site's own rules have other words.
    package static let holdReason = Array("held by listbreaker".utf8)

    /// Counts a message that smtpd(8) holds because of us, when its list is stopped.
    ///
    /// One line a message: the first recipient's, when it has no queue id yet; the others' have one. What a
    /// client takes back after it is counted until the next look through the queue.
    mutating func noteServerHold(_ event: MailEvent, in bytes: [UInt8]) {
        guard event.dialect == .postfix, event.isUnqueued, event.name == .hold,
            Self.holdReason.count <= event.text.count,
            bytes[Int(event.text.start)..<Int(event.text.end)].suffix(Self.holdReason.count)
                .elementsEqual(Self.holdReason)
        else { return }
        for list in traffic.lists(of: event, in: bytes) {
            let subject = Subject(traffic.address(of: list))
            guard board.isStopped(subject) else { continue }
            return board.sawServerHold(of: subject, at: event.time)
        }
    }

    /// Notes messages that a person lets go although their list is stopped; said before they are.
    public mutating func note(passing ids: [String]) { holdWatch.pass(ids) }

    /// Gives the orders that a batch of lines made.
    mutating func orderHolds() {
        guard !holdWatch.wanted.isEmpty else { return }
        for (subject, ids) in holdWatch.wanted.sorted(by: { $0.key.name < $1.key.name }) {
            guard let hold = board.holds[subject], let name = subject.mailName else { continue }
            board.effects.order(
                HaltOrder(
                    verb: .holdIDs(list: name, ids: ids.sorted()),
                    incident: hold.incident ?? 0
                )
            )
        }
        holdWatch.wanted.removeAll(keepingCapacity: true)
    }

    /// Lists that the mail server itself is to hold, or to stop.
    ///
    /// One that was narrowed stays so when its halt is widened to the queue: lifted first, it would
    /// flow until the gate is closed.
    public var blocked: Set<String> {
        let held = board.holds.subjects.filter { subject in
            guard !subject.isDrill, let hold = board.holds[subject] else { return false }
            return hold.incident != nil || hold.draining != nil
                || subject.isList && board.narrows(subject)
        }
        let widened = board.incidents
            .filter {
                // Where it is not set up, that is asked again with each sweep.
                $0.demandsHalt && $0.scope.isList && (board.narrows($0.scope) || $0.lacksNarrowing)
            }
        return Set((held + widened.map(\.scope)).compactMap(\.mailName))
    }

    /// Those of them whose posts go on, since a soft hold must see what they become.
    public var softly: Set<String> {
        Set(board.holds.subjects.filter { board.holds[$0]?.until != nil }.compactMap(\.mailName))
    }

    /// Those of `found` of which nothing that is known tells why they are stopped.
    public func unexplained(_ found: [String]) -> Set<String> {
        Set(found).subtracting(blocked)
            .subtracting(board.incidents.compactMap(\.scope.mailName))
    }

    /// Lists whose breaker is open, and really halts; senders that are no list have no manager.
    public var stopped: Set<String> {
        Set(
            board.incidents
                .filter { $0.state == .open && $0.mode == .armed && $0.scope.isList }
                .compactMap(\.scope.mailName)
        )
    }

    /// How often holds are looked after.
    public var sweepInterval: TimeSpan { settings.halt.sweepInterval }

    /// What is known of `list` in the queue: ids of its messages, and envelope senders that only
    /// its copies have.
    public func mail(of list: String) -> (ids: [String], senders: [String]) {
        if let sender = Subject(list).sender { return traffic.mail(ofSender: sender) }
        guard let known = traffic.list(at: list) else { return ([], []) }
        return (traffic.queued(of: known), traffic.senders(of: known))
    }
}
