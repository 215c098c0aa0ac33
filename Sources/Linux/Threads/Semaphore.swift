// SPDX-License-Identifier: Apache-2.0
//
// What threads sleep on that take work from a list: as many of them wake as there are things to do.

internal import Glibc

/// A counting semaphore, sem_overview(7).
///
/// Unchecked Sendable: sem_post(3) and sem_wait(3) are for any thread.
@safe public final class Semaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// A semaphore that nobody has signalled.
    public init() {
        unsafe semaphore.initialize(to: sem_t())
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    /// Lets one thread go on, now or later.
    public func signal() { unsafe sem_post(semaphore) }

    /// Blocks until there is a signal, and takes it.
    public func wait() {
        while unsafe sem_wait(semaphore) != 0, errno == EINTR {}
    }
}
