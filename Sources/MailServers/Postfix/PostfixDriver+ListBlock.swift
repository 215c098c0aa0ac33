// SPDX-License-Identifier: Apache-2.0
//
// Lists whose posts Postfix holds by itself, also while nobody of us is there. What it held becomes
// ours by the header that it put on top; what a content filter held has none, and stays the
// filter's. Given back, such a message is requeued, so that header checks which would hold it too get
// their turn, unless that took it round a content filter.

internal import Glibc
internal import HaltWire
internal import Linux

extension PostfixDriver {
    /// Lets Postfix hold what comes for `lists`, and for no other list; where that is set up.
    func block(_ lists: [BlockedList]) -> HaltReport {
        answer(.blockLists) { report in
            var contents: [String: ListTables.Content] = [:]
            report.step("tables") { report in
                for instance in instances {
                    report.attempt { report throws(HaltError) in
                        let content = try set(lists, in: instance, &report)
                        contents[instance.name] = content
                        let named = content.blocked.filter(\.isNameable)
                        if !named.isEmpty { report.blocked = named.map(\.list) }
                    }
                }
            }
            report.step("hold") { report in
                for instance in instances {
                    guard let content = contents[instance.name], !content.isEmpty else { continue }
                    report.attempt { report throws(HaltError) in
                        try take(BlockedMail(content), from: try open(instance), &report)
                    }
                }
            }
        }
    }

    func holdMore(
        of list: String,
        _ senders: [SenderPattern],
        in queue: PostfixInstanceQueue,
        _ report: inout HaltReport
    ) throws(HaltError) {
        try queue.prunePasses()
        let content = try tables(of: queue.instance).recorded()
        let isExtended = content.all.contains { $0.list == list && $0.isExtended == true }
        try attribute(to: ListKeys(list, senders, isExtended: isExtended), in: queue)
        let mail = BlockedMail(content, only: list)
        if !mail.isIdle { try take(mail, from: queue, &report) }
    }

    /// Notes the lists that Postfix holds by itself, and those that it held until a while ago.
    func noteBlocked(
        _ instance: PostfixInstance,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let content = try tables(of: instance).recorded()
        // What was lifted a while ago is looked after when the daemon says its lists again.
        let names = content.all.map(\.list)
        report.blocked += names.filter { !report.blocked.contains($0) }
    }

    /// Writes the tables of the one form or the other.
    private func set(
        _ lists: [BlockedList],
        in instance: PostfixInstance,
        _ report: inout HaltReport
    ) throws(HaltError) -> ListTables.Content {
        let tables = try tables(of: instance)
        guard try tables.form() == .narrow else {
            return try tables.set(lists, now: SystemClock.seconds, patience: patience)
        }
        return try narrow(lists, in: instance, &report)
    }

    func tables(of instance: PostfixInstance) throws(HaltError) -> ListTables {
        ListTables(configuration: instance.configuration, state: try directory(of: instance))
    }

    /// Makes what the block stopped ours, and lets go of what came after it was taken away.
    func take(
        _ lists: BlockedMail,
        from queue: PostfixInstanceQueue,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let known = queue.ledger.content.entries
        let began = SystemClock.microseconds
        var looks = Dictionary(
            uniqueKeysWithValues: lists.names.map { ($0, TakenIn(list: $0, at: began)) }
        )
        var mail = lists
        try queue.list { message in
            if let id = message.id, known[id] == nil || message.queue != "hold" {
                mail.see(message)
            }
        }
        // It was looked, whatever becomes of the rest.
        defer { for look in looks.values { report.note(look) } }
        let ours = mail.suspects.filter { isMarked($0.message, in: queue) }
        for (list, suspects) in Dictionary(grouping: ours, by: \.list) {
            for (isRequeued, part) in Dictionary(
                grouping: suspects.map(\.message),
                by: { isRequeued($0, in: queue) }
            ) {
                try queue.ledger.take(part, for: list, requeue: isRequeued)
            }
            report.held += suspects.count
            looks[list]?.held += suspects.count
            looks[list]?.later += suspects.count { $0.message.came(after: began) }
        }
        let isNarrow = try tables(of: queue.instance).form() == .narrow
        for (list, messages) in mail.waiting {
            let held = try hold(messages, of: list, isNarrow: isNarrow, in: queue)
            report.held += held
            looks[list]?.held += held
        }
        var late = ours.filter(\.isLate).map(\.message)
        var retry = mail.retry
        for (list, messages) in mail.posts {
            guard isNarrow else {
                retry += messages.compactMap(\.id)
                continue
            }
            // Tried as they are, they would go to the list's own mailbox.
            _ = try hold(messages, of: list, isNarrow: true, in: queue)
            let held = queue.ledger.content.entries
            late += messages.filter { $0.id.map { held[$0]?.list == list } ?? false }
        }
        if !late.isEmpty {
            let old = late.filter { isRequeued($0, in: queue) }.compactMap(\.id)
            let young = late.compactMap(\.id).filter { !old.contains($0) }
            report.released += try queue.release(young: young, old: old).count
            kick(queue.instance, requeued: !old.isEmpty, &report)
        }
        for id in retry.prefix(Self.retries) { queue.instance.tryNow(id, patience) }
    }

    /// Puts what waits for its list on hold; returns how many messages that were.
    ///
    /// Of a list that is narrowed, posts waited unexpanded, since their alias answered with itself: they
    /// are expanded when they are given back.
    private func hold(
        _ messages: [QueuedMessage],
        of list: String,
        isNarrow: Bool,
        in queue: PostfixInstanceQueue
    ) throws(HaltError) -> Int {
        let count = try queue.hold(messages.compactMap(\.id), for: list)
        let posts = messages.filter { isNarrow && $0.isPost && isRequeued($0, in: queue) }
        let held = queue.ledger.content.entries
        try queue.ledger.take(
            posts.filter { $0.id.map { held[$0]?.list == list } ?? false },
            for: list,
            requeue: true
        )
        return count
    }

    /// Waiting messages that one call has tried again: 100.
    ///
    /// Chosen: at 5 ms each; the rest is tried with the next call.
    private static let retries = 100

    /// Whether the message is given back through the queue anew, for the header checks' sake; not
    /// when that would take it round its content filter, postsuper(1).
    private func isRequeued(_ message: QueuedMessage, in queue: PostfixInstanceQueue) -> Bool {
        message.id.map { QueueFile.hasFilter(queue.path(of: $0)) == false } ?? false
    }

    /// Whether the block put the message on hold: our header stands above the first Received.
    private func isMarked(_ message: QueuedMessage, in queue: PostfixInstanceQueue) -> Bool {
        guard let id = message.id else { return false }
        for line in queue.headers(of: id).split(separator: UInt8(ascii: "\n")) {
            let name = String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
                .lowercased()
            if name == ListBlock.header.lowercased() { return true }
            if name == "received" { return false }
        }
        return false
    }
}
