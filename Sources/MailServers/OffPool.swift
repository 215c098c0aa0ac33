// SPDX-License-Identifier: Apache-2.0
//
// Work that blocks runs on a thread of its own: the cooperative pool has one thread a core, and a
// hold of 20,000 messages would take one away from everybody.

internal import Dispatch
internal import Linux

private let threads = DispatchQueue(label: "listbreaker.halt", attributes: .concurrent)

/// Runs `work` on a dispatch thread and waits for it without blocking the pool.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        threads.async {
            ThreadPriority.urgent()
            continuation.resume(returning: work())
        }
    }
}
