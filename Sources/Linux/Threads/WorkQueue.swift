// SPDX-License-Identifier: Apache-2.0
//
// Calls that wait, for the disk say, one after another on a thread of their own: the threads that run
// tasks must not.

/// Runs what it is given in the order in which it came, on one thread that nobody waits for.
public final class WorkQueue: Sendable {
    /// What is to be done; nil: no more will come.
    private let line: WaitingLine<(@Sendable () -> Void)?>

    /// A queue whose thread ps(1) and a debugger show as `name`; 15 bytes count.
    public init(name: String) {
        let line = WaitingLine<(@Sendable () -> Void)?>()
        self.line = line
        // The thread outlives its queue until that is empty.
        requireThread(named: name) {
            while let work = line.take() { work() }
        }
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
