// SPDX-License-Identifier: Apache-2.0
//
// A queue of the loop's own. Saving waits for the disk, which the threads of the concurrency pool
// must not; on Linux a dispatch queue is no executor by itself.

internal import Dispatch

/// Runs an actor's jobs one after another on a queue of its own.
final class LoopExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "listbreaker.loop")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
