// SPDX-License-Identifier: Apache-2.0
//
// Where an actor runs that makes calls which wait, for the disk say: the threads of Swift's pool
// must not. On Linux a dispatch queue is no executor by itself.

internal import Dispatch

/// Runs an actor's jobs one after another on a queue of its own.
public final class SerialQueue: SerialExecutor {
    private let queue: DispatchQueue

    /// A queue that a debugger shows as `label`.
    public init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Takes a job of the actor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            // Dispatch gives a worker to one after another, and the one before may have been urgent.
            ThreadPriority.ordinary()
            unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
    }
}
