// SPDX-License-Identifier: Apache-2.0
//
// One post of a list that is stopped goes, at a person's word, and nothing else of it. The held messages
// of the post are marked in their queue files with the way that their copies would take; then a release
// of them by name is like any other, the tables notwithstanding, and no hold by name or sender takes
// them again. The mistake to avoid: a route that is not the site's. So what has a recipient with
// a route of its own, or has yet to be expanded, stays for the reset, and that is said.

internal import HaltWire
internal import Linux

extension PostfixDriver {
    func pass(_ selection: HeldSelection) -> HaltReport {
        answer(.pass) { report in
            var rest = selection
            var marked: [String] = []
            each(&report) { queue, report throws(HaltError) in
                let matching = try queue.find(rest, keeping: Self.passedRecipients, &report)
                guard !matching.isEmpty else { return }
                let road = try road(of: queue, for: rest.list)
                let free = try self.free(matching, in: queue)
                let chosen = rest.limited(free).prefix(ActuatorRequest.idLimit - marked.count)
                try queue.prunePasses()
                // Noted before they are marked: a kill in between forgets none.
                try queue.passes.add(chosen.compactMap(\.id))
                var failed: Set<QueueID> = []
                for message in chosen {
                    guard let id = message.id else { continue }
                    guard let file = try? SafeEntry.at(queue.path(of: id)),
                        QueueFile.letPass(file, by: road)
                    else {
                        failed.insert(id)
                        continue
                    }
                    marked.append(id.text)
                    rest.copies = rest.copies.map { $0 - message.recipients }
                }
                // What is not marked does not pass, and its copies would be leaks.
                if !failed.isEmpty {
                    try queue.passes.write(queue.passes.read().subtracting(failed))
                }
                report.left += free.count - chosen.count
                let waiting = matching.count - free.count + failed.count
                if waiting > 0 {
                    report.notes.append(
                        "\(waiting) messages of it stay on hold until the list is reset: they have "
                            + "yet to be expanded, are old, or have a filter or a recipient with a "
                            + "route of its own"
                    )
                }
            }
            report.passing = marked
        }
    }

    /// Recipients of one message that are looked at: 100,000.
    ///
    /// Chosen: about what one line of a listing holds.
    private static var passedRecipients: Int { 100_000 }

    /// The way that copies take, where the narrowing would stop them; nil where `list` is held by name
    /// alone.
    private func road(
        of queue: PostfixInstanceQueue,
        for list: String?
    ) throws(HaltError) -> String? {
        let tables = try tables(of: queue.instance)
        guard try tables.form() == .narrow,
            try tables.recorded().blocked.contains(where: { $0.list == list })
        else { return nil }
        return try NarrowRoutes(instance: queue.instance, patience: patience).ordinary()
    }

    /// Those of `messages` whose recipients all take the ordinary way, and that may be given back as
    /// they are.
    private func free(
        _ messages: [QueuedMessage],
        in queue: PostfixInstanceQueue
    ) throws(HaltError) -> [QueuedMessage] {
        let oldest = SystemClock.seconds - queue.instance.oldSeconds
        let young = messages.filter { message in
            message.isWhole && !message.isPost && message.arrival > oldest
                && message.firstRecipients.count == message.recipients
        }
        let recipients = Set(young.lazy.flatMap(\.firstRecipients))
        let routes = NarrowRoutes(instance: queue.instance, patience: patience)
        let special = try routes.special(Array(recipients))
        guard !special.isEmpty else { return young }
        return young.filter { special.isDisjoint(with: $0.firstRecipients) }
    }
}

extension PostfixInstanceQueue {
    /// What was let go while its list is stopped, and may still be in the queue.
    var passes: GivenBack { GivenBack(path: "\(state)/passing") }

    /// Forgets what is no longer in the queue.
    func prunePasses() throws(HaltError) {
        let known = try passes.read()
        guard !known.isEmpty else { return }
        var there: Set<String> = []
        for folder in Self.folders {
            there.formUnion(try StateFile.files(below: "\(instance.queue)/\(folder)").keys)
        }
        let left = known.filter { there.contains($0.text) }
        if left.count < known.count { try passes.write(left) }
    }

    /// Those of `ids` that were let go: another message under such an ID is not.
    func passing(_ ids: [QueueID]) throws(HaltError) -> Set<QueueID> {
        try Self.marked(try passes.read().intersection(ids), in: instance)
    }

    /// Those of `noted` that are marked in the queue of `instance`; waits for no lock.
    ///
    /// A note alone is none: it is written first, and what could not be marked does not pass.
    ///
    /// - Throws: ``HaltError`` when the queue cannot be read: what passes would be taken for a leak.
    static func marked(
        _ noted: Set<QueueID>,
        in instance: PostfixInstance
    ) throws(HaltError) -> Set<QueueID> {
        guard !noted.isEmpty else { return [] }
        var found: Set<QueueID> = []
        for name in folders {
            guard let (folder, files) = try StateFile.folder("\(instance.queue)/\(name)") else {
                continue
            }
            for id in noted {
                if let place = files[id.text], let file = try? folder.walk(to: place.path),
                    QueueFile.isPassing(file)
                {
                    found.insert(id)
                }
            }
        }
        return found
    }

    private static var folders: [String] { ["hold", "deferred", "incoming", "active"] }
}
