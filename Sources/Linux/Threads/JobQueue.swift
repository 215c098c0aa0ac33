// SPDX-License-Identifier: Apache-2.0
//
// One thread that waits in poll(2) and runs an actor between two waits. An actor that lives on a queue
// of its own costs two changes of threads for each thing that it is told and asks for; here none.
// What a maintainer will get wrong: whether the thread waits is known under the lock only, so that
// nobody rings in vain and no ring is lost.

/// The jobs of an actor, for the thread that runs them; see ``ThreadExecutor``.
public final class JobQueue: Sendable {
    private struct State: Sendable {
        var jobs: [(job: UnownedJob, executor: ThreadExecutor)] = []
        var isWaiting = false
        /// Whether somebody rang while the thread was not waiting.
        var isRung = false
        /// Whether no job can come any more.
        var isClosed = false
    }

    private let state = Guarded(State())
    /// What the thread polls beside its own descriptors, while it waits.
    private let bell: Bell

    /// A queue without jobs.
    public init() throws(Errno) { bell = try Bell() }

    /// What to poll between ``mayWait()`` and ``waited()``.
    public var descriptor: Int32 { bell.descriptor }

    /// Makes the thread look: its wait ends, or the next one does not begin.
    ///
    /// From any thread.
    public func wake() {
        let isWaiting = state.withLock { state in
            state.isRung = true
            return state.isWaiting
        }
        if isWaiting { bell.ring() }
    }

    fileprivate func add(_ job: UnownedJob, _ executor: ThreadExecutor) {
        let isWaiting = state.withLock { state in
            state.jobs.append((job, executor))
            return state.isWaiting
        }
        if isWaiting { bell.ring() }
    }

    fileprivate func close() {
        let isWaiting = state.withLock { state in
            state.isClosed = true
            return state.isWaiting
        }
        if isWaiting { bell.ring() }
    }

    /// For the thread: a turn begins; whoever rang so far is seen by what it looks at now.
    public func beginTurn() { state.withLock { state in state.isRung = false } }

    /// For the thread: runs the jobs that are there.
    ///
    /// Those that they bring wait for the next time.
    public func runJobs() {
        let jobs = state.withLock { state -> [(job: UnownedJob, executor: ThreadExecutor)] in
            var taken: [(job: UnownedJob, executor: ThreadExecutor)] = []
            swap(&taken, &state.jobs)
            return taken
        }
        for (job, executor) in jobs {
            unsafe job.runSynchronously(
                isolatedTo: executor.asUnownedSerialExecutor(),
                taskExecutor: executor.asUnownedTaskExecutor()
            )
        }
    }

    /// For the thread: whether it may wait, since nobody has rung in this turn and there is no job.
    public func mayWait() -> Bool {
        state.withLock { state in
            state.isWaiting = state.jobs.isEmpty && !state.isRung
            return state.isWaiting
        }
    }

    /// For the thread: its wait is over; `isRung` when ``descriptor`` ended it.
    public func waited(isRung: Bool) {
        state.withLock { state in state.isWaiting = false }
        if isRung { bell.clear() }
    }

    /// For the thread, when it has nothing else to do any more: runs jobs until none can come.
    public func runToEnd() {
        while true {
            runJobs()
            let isOver = state.withLock { state in
                state.isWaiting = state.jobs.isEmpty && !state.isClosed
                return state.isClosed && state.jobs.isEmpty
            }
            if isOver { return }
            if state.withLock({ state in state.isWaiting }) {
                bell.wait()
                state.withLock { state in state.isWaiting = false }
            }
        }
    }
}

/// Where an actor runs that shares a thread with something that waits.
///
/// The actor's own task is to prefer it as well (`addTask(executorPreference:)`): otherwise what it waits
/// for comes back to it by a thread of Swift's pool (Swift 6.3, measured).
/// The thread ends when this does, so that no job of the actor is lost.
public final class ThreadExecutor: SerialExecutor, TaskExecutor {
    private let queue: JobQueue

    /// An executor whose jobs the thread of `queue` runs; the only one of that queue.
    public init(_ queue: JobQueue) { self.queue = queue }

    deinit { queue.close() }

    /// Takes a job of the actor.
    public func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job), self) }
}
