// SPDX-License-Identifier: Apache-2.0
//
// Freeze, narrow, thaw: one list's mail stops as a whole and everybody else's stands still for less
// than a second. Stop qmgr(8); write the tables that route the list to nowhere; have the master read
// them (SIGHUP); wait until what was being taken in with the old ones is in the queue; put on hold
// what is the list's in `active` and `incoming`, as its queue files say; let qmgr go on, which
// begins anew and remembers nothing. What goes wrong on the way closes the gate: mail that stands is
// better than a storm that was said to be stopped. docs/halting.md has what was measured.

internal import Glibc
internal import HaltWire
internal import Linux

extension PostfixDriver {
    /// Longest wait for programs that took mail in with the old tables: 1.5 s.
    ///
    /// Measured: 2 to 1,085 ms. A client that dawdles in DATA keeps one of them for longer; that is one
    /// post.
    private static let settling = Duration.milliseconds(1500)
    /// Longest wait for the queue manager's successor: 2 s.
    ///
    /// Chosen: measured, it comes within 50 ms.
    private static let succession = Duration.seconds(2)

    func narrow(_ lists: [BlockedList]) -> HaltReport {
        answer(.narrow) { report in
            var names: Set<String>?
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    guard try tables(of: instance).form() == .narrow else {
                        throw HaltError(
                            code: .failed,
                            operation: "narrow the mail of",
                            path: instance.configuration,
                            reason: "it is not set up",
                            next: "listbreaker setup postfix --narrow"
                        )
                    }
                    let content = try narrow(lists, in: instance, &report)
                    try refuseRoundabouts(of: content.blocked, in: instance, &report)
                    let here = Set(content.blocked.filter(\.isNameable).map(\.list))
                    names = names.map { $0.intersection(here) } ?? here
                }
            }
            report.blocked = (names ?? []).sorted()
        }
    }

    /// Copies that take a way out past the narrowing are not stopped by it.
    ///
    /// - Throws: ``HaltError`` when there are such; that it is not known is only noted.
    private func refuseRoundabouts(
        of lists: [BlockedList],
        in instance: PostfixInstance,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let way: String?
        do throws(HaltError) { way = try roundabout(of: lists, in: instance) } catch {
            return report.notes.append(
                "whether copies go round the narrowing is not known: \(error)"
            )
        }
        guard let way else { return }
        throw HaltError(
            code: .failed,
            operation: "narrow the mail of",
            path: instance.configuration,
            reason: "its copies go round it: \(way)"
        )
    }

    /// Makes the tables of one instance say `lists`, with what that takes; returns what is recorded.
    ///
    /// - Throws: ``HaltError``; then the gate is closed if something was to be stopped.
    func narrow(
        _ lists: [BlockedList],
        in instance: PostfixInstance,
        _ report: inout HaltReport
    ) throws(HaltError) -> ListTables.Content {
        let tables = try tables(of: instance)
        let old = try tables.recorded()
        guard let place = freezable(instance) else {
            throw .file("make a directory for instance", instance.name, errno: EINVAL)
        }
        // Told while the gate is shut, the master would cut what is under way: OutboundBlock is in
        // main.cf. Resuming tells it.
        let isHalted = try HaltMarker.read(state: parent) != nil
        let isGrowing = !lists.allSatisfy { list in old.blocked.contains { $0.plain == list } }
        let isStopping = !lists.isEmpty && (isGrowing || old.isReloadDue == true || place.isShut)
        guard isStopping, !isHalted else {
            let lists = withExtensions(lists, old, in: instance, &report)
            var content = try tables.set(lists, now: SystemClock.seconds, patience: patience)
            if content.isReloadDue == true, !isHalted {
                try reload(instance, Master(queue: instance.queue))
                try tables.noteLoaded()
                content.isReloadDue = nil
                afterReload()
            }
            if !isHalted { try openAgain(place, instance, &report) }
            return content
        }
        do throws(HaltError) {
            let content = try freeze(lists, instance, tables, place, &report)
            try openAgain(place, instance, &report)
            return content
        } catch {
            // Nobody has thawed it yet, perhaps; the gate is closed before that.
            try? place.shut()
            place.thaw()
            throw error
        }
    }

    private func freeze(
        _ lists: [BlockedList],
        _ instance: PostfixInstance,
        _ tables: ListTables,
        _ place: FreezableQueue,
        _ report: inout HaltReport
    ) throws(HaltError) -> ListTables.Content {
        let master = Master(queue: instance.queue)
        let start = ContinuousClock.now
        var frozen: Frozen?
        var failure: HaltError?
        report.step("freeze") { _ in
            do throws(HaltError) { frozen = try Frozen(place, guardian: guardian) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        defer {
            // Only where it went wrong is it still stopped; the gate is closed by then.
            if failure != nil { frozen?.thaw() }
        }
        var content = ListTables.Content()
        do throws(HaltError) {
            // Nothing begins any more: asked before, it would make the stop later.
            let lists = withExtensions(lists, try tables.recorded(), in: instance, &report)
            content = try tables.set(lists, now: SystemClock.seconds, patience: patience)
            try reload(instance, master)
            try tables.noteLoaded()
            content.isReloadDue = nil
            let keys = lists.map { ListKeys($0) }
            report.held += try hold(keys, in: instance, &report)
            // Between incoming and active nothing moves now; but what was being written then is whole.
            report.held += try hold(keys, in: instance, &report)
        } catch {
            try? place.shut()
            failure = error
            throw error
        }
        frozen?.thaw()
        afterReload()
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        report.steps.append(
            HaltReport.Step(
                name: "frozen",
                milliseconds: Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000)
                    / 1000
            )
        )
        guard let frozen else { return content }
        guard isSucceeded(frozen) else {
            throw HaltError(
                code: .failed,
                operation: "narrow the mail of",
                path: instance.queue,
                reason: "its queue manager goes on with what it knew before"
            )
        }
        // master(8) starts the successor when there is something for it to do. The call that comes with the
        // reload may have gone to the one that ended: then what is queued, everybody else's, would
        // stand until new mail comes, or for the five minutes between two of master's calls.
        if !instance.call(patience) {
            report.notes.append(
                "Postfix could not be asked to look at its queue; it will by itself"
            )
        }
        return content
    }

    /// Has a running master read the tables, and waits until what it had started before is gone.
    private func reload(_ instance: PostfixInstance, _ master: Master) throws(HaltError) {
        guard let pid = try master.running() else { return }
        let leaving = ProcessTable.children(
            of: pid,
            named: ["cleanup", "trivial-rewrite", "pickup"]
        )
        kill(pid, SIGHUP)
        let deadline = ContinuousClock.now + patience.left(most: Self.settling)
        while ContinuousClock.now < deadline {
            let left = leaving.contains { ProcessTable.process($0.pid)?.started == $0.started }
            if !left { return }
            usleep(2000)
        }
    }

    /// Whether the queue managers that were stopped have made room for another one.
    private func isSucceeded(_ frozen: Frozen) -> Bool {
        let deadline = ContinuousClock.now + Self.succession
        repeat {
            let stay = frozen.managers.contains { process in
                ProcessTable.process(process.pid).map {
                    $0.started == process.started && $0.state != "Z"
                } ?? false
            }
            if !stay { return true }
            usleep(2000)
        } while ContinuousClock.now < deadline
        return false
    }

    /// Puts on hold what is the lists' in `active` and `incoming`.
    private func hold(
        _ lists: [ListKeys],
        in instance: PostfixInstance,
        _ report: inout HaltReport
    ) throws(HaltError) -> Int {
        var found: [String: [QueueID]] = [:]
        var undecided = 0
        for name in ["active", "incoming"] {
            // One that cannot be read is not empty: then the gate is closed.
            guard let (folder, files) = try StateFile.folder("\(instance.queue)/\(name)") else {
                continue
            }
            for (id, file) in files {
                guard let id = QueueID(id), let entry = try? folder.walk(to: file.path) else {
                    continue
                }
                switch QueueFile.owner(of: entry, among: lists) {
                case .list(let list): found[list, default: []].append(id)
                case .others: break
                case .undecided: undecided += 1
                }
            }
        }
        if undecided > 0 {
            report.notes.append("\(undecided) queue files could not be read; not held")
        }
        guard !found.isEmpty else { return 0 }
        let queue = try open(instance)
        var held = 0
        for (list, ids) in found { held += try queue.hold(ids, for: list) }
        return held
    }

    /// Opens a gate that was closed only because a freeze did not end well.
    private func openAgain(
        _ place: FreezableQueue,
        _ instance: PostfixInstance,
        _ report: inout HaltReport
    ) throws(HaltError) {
        guard place.isShut else { return }
        noteReopening()
        _ = try place.gate.reopen()
        try place.forgetShut()
        kick(instance, &report)
    }

    /// What is read of the tables after mail was halted: the master was not told meanwhile.
    func tellNarrowed(_ instance: PostfixInstance) throws(HaltError) {
        let tables = try tables(of: instance)
        try freezable(instance)?.forgetShut()
        guard try tables.recorded().isReloadDue == true else { return }
        try reload(instance, Master(queue: instance.queue))
        try tables.noteLoaded()
    }

    func freezable(_ instance: PostfixInstance) -> FreezableQueue? {
        guard let state = try? directory(of: instance) else { return nil }
        return FreezableQueue(
            queue: instance.queue,
            services: instance.services.outbound,
            state: state
        )
    }
}
