// SPDX-License-Identifier: Apache-2.0
//
// State behind a lock of pthreads. Not Synchronization's Mutex: a thread that had to wait takes that
// one inside the standard library, where the thread sanitizer does not see it, and every contended
// hand-over would be reported as a race.

internal import Glibc

/// A value that one thread at a time may look at or change.
///
/// Unchecked Sendable: `state` is touched between lock and unlock only.
@safe public final class Guarded<State: Sendable>: @unchecked Sendable {
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    /// A guarded value that is `state` at first.
    public init(_ state: State) {
        self.state = state
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// What `body` makes of the state, with every other thread kept out.
    ///
    /// The lock is not recursive: `body` must not come back to the same value.
    public func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }
}
