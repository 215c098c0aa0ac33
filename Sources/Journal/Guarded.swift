// SPDX-License-Identifier: Apache-2.0
//
// State behind a lock of pthreads. Not Synchronization's Mutex: the thread sanitizer does not see that
// one's futex, and would report every hand-over between the journal's thread and its caller.

internal import Glibc

/// A value that one thread at a time may look at or change.
///
/// Unchecked Sendable: `state` is touched between lock and unlock only.
@safe final class Guarded<State: Sendable>: @unchecked Sendable {
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init(_ state: State) {
        self.state = state
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// What `body` makes of the state, with every other thread kept out.
    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&state)
    }
}
