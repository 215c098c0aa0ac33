// SPDX-License-Identifier: Apache-2.0
//
// A thread that runs one closure, for calls that wait. Swift's own threads are few, and a script
// that hangs must not take one of them.

import CLinux
import Glibc

/// A closure on its way to another thread.
private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

enum Thread {
    /// Runs `body` on a new detached thread; false when there is none to be had.
    static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        guard unsafe pthread_attr_init(&attributes) == 0 else { return false }
        defer { _ = unsafe pthread_attr_destroy(&attributes) }
        _ = unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let work = unsafe Unmanaged.passRetained(Work(name: name, body: body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                unsafe clinux_name_thread(work.name)
                work.body()
                return nil
            },
            unsafe work.toOpaque()
        )
        if code != 0 { unsafe work.release() }
        return code == 0
    }
}
