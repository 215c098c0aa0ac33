// SPDX-License-Identifier: Apache-2.0
//
// qmgr(8) of one instance, stopped for the moment in which a list's mail is told from everybody
// else's. Nothing is deferred by it and nothing is cut: what is under way ends, what is not begun
// waits. The one danger is a qmgr that stays stopped, with mail standing and nobody told. So a guard
// of its own process is armed before: when we are killed, or take too long, it closes the gate and
// then lets qmgr go on. What it closed is noted, so that whoever comes next may open it again.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire
internal import Linux

/// A queue that may be frozen: all that the guard has to know.
struct FreezableQueue: Codable, Equatable {
    /// For example `/var/spool/postfix`.
    var queue: String
    /// Its outbound services.
    var services: [String]
    /// The directory of the note that the gate was closed because of a freeze.
    var state: String

    var gate: Gate { Gate(queue: queue, services: services) }
    private var note: String { "\(state)/shut" }

    /// Whether the gate was closed because a freeze did not end well.
    var isShut: Bool { StateFile.status(note) != nil }

    /// Closes the gate, and notes why it is closed.
    ///
    /// The gate is closed even where that cannot be noted: nothing may leave unseen. Then only
    /// resuming opens it.
    ///
    /// - Throws: ``HaltError`` when one of the two failed, after trying both.
    func shut() throws(HaltError) {
        let noted = Result { () throws(HaltError) in try StateFile.replace(note, with: []) }
        _ = try gate.close()
        try noted.get()
    }

    /// Forgets it; the gate is opened by whoever may.
    func forgetShut() throws(HaltError) { try StateFile.remove(note) }

    /// The queue managers that the running master has started; there is one.
    ///
    /// - Throws: ``HaltError`` when it is not known whether a master runs.
    func managers() throws(HaltError) -> [HostProcess] {
        guard let master = try Master(queue: queue).running() else { return [] }
        return ProcessTable.children(of: master, named: ["qmgr"])
    }

    /// Lets a stopped queue manager go on, with the gate closed first.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func thaw() -> Bool {
        let stopped = ((try? managers()) ?? []).filter { $0.state == "T" }
        guard !stopped.isEmpty else { return false }
        try? shut()
        for process in stopped { kill(process.pid, SIGCONT) }
        return true
    }
}

/// A queue whose manager is stopped, until ``thaw()``.
struct Frozen {
    /// Longest freeze before the guard ends it: 5 s.
    ///
    /// Chosen: measured, one takes 0.2 to 1.5 s.
    static let longest = Duration.seconds(5)

    let queue: FreezableQueue
    /// The queue managers that were stopped.
    let managers: [HostProcess]
    private let guardian: ChildProcess
    private let order: Int32

    /// Stops the queue manager; nil when none runs.
    ///
    /// - Throws: ``HaltError`` when no guard can be started, or when it is not known whether one runs;
    ///   then nothing is stopped.
    init?(_ queue: FreezableQueue, guardian path: String) throws(HaltError) {
        let managers = try queue.managers()
        guard !managers.isEmpty else { return nil }
        self.queue = queue
        self.managers = managers
        do throws(Errno) {
            let pipe = try PipeEnds()
            let nothing = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
            defer {
                close(pipe.reading)
                close(nothing)
            }
            do throws(Errno) {
                guardian = try ChildProcess(
                    ChildCommand(path, ["guard"]),
                    input: pipe.reading,
                    output: nothing,
                    messages: nothing
                )
            } catch {
                close(pipe.writing)
                throw error
            }
            order = pipe.writing
        } catch {
            throw HaltError(
                code: .missing,
                operation: "start a guard for",
                path: queue.queue,
                reason: "\(error)"
            )
        }
        // The pipe keeps the order and, should we be killed, its end, until the guard reads: it need
        // not be waited for.
        guard let text = try? JSONEncoder().encode(queue),
            StateFile.write(order, Array(text) + [UInt8(ascii: "\n")])
        else {
            disarm()
            throw HaltError(
                code: .failed,
                operation: "arm the guard for",
                path: queue.queue,
                reason: "it does not take its order"
            )
        }
        for process in managers { kill(process.pid, SIGSTOP) }
    }

    /// Lets the queue manager go on, and the guard go.
    func thaw() {
        for process in managers
        where ProcessTable.process(process.pid)?.started == process.started {
            kill(process.pid, SIGCONT)
        }
        disarm()
    }

    private func disarm() {
        _ = StateFile.write(order, Array("done\n".utf8))
        close(order)
        _ = guardian.reap()
    }
}

/// The guard: what the program does when it is started with the word `guard`.
public enum FreezeGuard {
    /// Waits for its order on standard input, and for its end; thaws unless that was `done`.
    public static func run() {
        var text: [UInt8] = []
        var deadline = ContinuousClock.now + Frozen.longest
        while ContinuousClock.now < deadline {
            var place = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let left = (deadline - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
            guard unsafe poll(&place, 1, Int32(milliseconds)) > 0 else { continue }
            var room = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(STDIN_FILENO, &room, room.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                deadline = .now
                continue
            }
            text += room[..<count]
        }
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first,
            lines.dropFirst().first.map({ Array($0) }) != Array("done".utf8),
            let queue = try? JSONDecoder().decode(FreezableQueue.self, from: Data(first))
        else { return }
        queue.thaw()
    }

    /// Thaws whatever is stopped of the instances that were known last; before the actuator serves,
    /// and after it was killed.
    ///
    /// - Returns: the queues that stood still.
    public static func thawAll(state: String) -> [String] {
        InstanceCache(state: state).last.filter { instance in
            PostfixDriver(instances: [], state: state).freezable(instance)?.thaw() ?? false
        }
        .map(\.queue)
    }
}

extension ProcessTable {
    /// The children of the process `parent` whose name is one of `names`.
    ///
    /// Linux tells them without a look at every process of the host, where it was built so. A busy master
    /// has more than a hundred: of most the name alone is read.
    static func children(of parent: pid_t, named names: Set<String>) -> [HostProcess] {
        let path = "/proc/\(parent)/task/\(parent)/children"
        guard let list = try? StateFile.read(path) else {
            return named(names).filter { $0.parent == parent }
        }
        return String(decoding: list, as: UTF8.self).split(separator: " ")
            .compactMap { pid_t($0) }
            .filter { name(of: $0).map(names.contains) ?? false }
            .compactMap(process).filter { $0.parent == parent && names.contains($0.name) }
    }
}
