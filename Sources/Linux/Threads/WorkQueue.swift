// SPDX-License-Identifier: Apache-2.0
//
// Calls that wait, for the disk say, one after another on a thread of their own: the threads that run
// tasks must not.

/// Runs what it is given in the order in which it came, on one thread that nobody waits for.
public final class WorkQueue: Sendable {
    private let line: WorkLine

    /// A queue whose thread ps(1) and a debugger show as `name`; 15 bytes count.
    public init(name: String) {
        let line = WorkLine()
        self.line = line
        requireThread(named: name) { line.run() }
    }

    /// What was given before is done first.
    deinit { line.add(nil) }

    /// Runs `work` later; returns at once.
    public func async(_ work: @escaping @Sendable () -> Void) { line.add(work) }

    /// Runs `work` after what was given before, and returns when it is done.
    public func sync(_ work: @escaping @Sendable () -> Void) {
        let done = Semaphore()
        line.add {
            work()
            done.signal()
        }
        done.wait()
    }
}

/// What is to be done; the thread outlives its queue until that is empty.
private final class WorkLine: Sendable {
    private let work = Guarded<[(@Sendable () -> Void)?]>([])
    private let arrived = Semaphore()

    /// Adds work; nil: no more will come.
    func add(_ more: (@Sendable () -> Void)?) {
        work.withLock { work in work.append(more) }
        arrived.signal()
    }

    func run() {
        while true {
            arrived.wait()
            guard let next = work.withLock({ work in work.removeFirst() }) else { return }
            next()
        }
    }
}

/// Where an actor runs that makes calls which wait.
public final class SerialQueue: SerialExecutor {
    private let queue: WorkQueue

    /// A queue whose thread is shown as `name`.
    public init(name: String) { queue = WorkQueue(name: name) }

    /// Takes a job of the actor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
