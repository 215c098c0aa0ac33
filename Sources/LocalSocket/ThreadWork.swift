// SPDX-License-Identifier: Apache-2.0
//
// What a new thread is given: its name and its work. It exists because pthread_create(3) takes
// one pointer.

internal import CLinux

/// A closure and the name of the thread that runs it.
final class ThreadWork: Sendable {
    private let name: String
    private let work: @Sendable () -> Void

    init(name: String, work: @escaping @Sendable () -> Void) {
        self.name = name
        self.work = work
    }

    func run() {
        unsafe clinux_name_thread(name)
        work()
    }
}
