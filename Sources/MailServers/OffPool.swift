// SPDX-License-Identifier: Apache-2.0
//
// Work that blocks runs on a thread of its own: the cooperative pool has one thread a core, and a
// hold of 20,000 messages would take one away from everybody.

internal import Linux

/// Runs `work` on a thread of its own and waits for it without blocking the pool.
///
/// Where there is no thread to be had, the pool's does it all the same: a halt is worth more than answers.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let work: @Sendable () -> Void = { continuation.resume(returning: work()) }
        if startThread(named: "lb-halt", isUrgent: true, work) != 0 { work() }
    }
}
