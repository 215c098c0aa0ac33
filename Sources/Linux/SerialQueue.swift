// SPDX-License-Identifier: Apache-2.0
//
// Where an actor runs that makes calls which wait, for the disk say: the threads of Swift's pool
// must not. On Linux a dispatch queue is no executor by itself.

internal import Dispatch

/// Runs an actor's jobs one after another on a queue of its own.
public final class SerialQueue: SerialExecutor {
    private let queue: DispatchQueue
    private let isUrgent: Bool

    /// A queue that a debugger shows as `label`; `isUrgent` where a halt waits for it.
    public init(label: String, isUrgent: Bool = false) {
        queue = DispatchQueue(label: label)
        self.isUrgent = isUrgent
    }

    /// Takes a job of the actor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [isUrgent] in
            // Dispatch has its own ideas, and gives a worker to one queue after another.
            if isUrgent { ThreadPriority.urgent() } else { ThreadPriority.ordinary() }
            unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
    }
}
