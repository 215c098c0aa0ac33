// SPDX-License-Identifier: Apache-2.0
//
// Where the pager's work runs: one thing at a time, on threads that may wait for the disk.

import Dispatch

/// An executor for an actor that makes blocking calls.
final class SerialQueue: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
