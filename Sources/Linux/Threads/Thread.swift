// SPDX-License-Identifier: Apache-2.0
//
// One place where pthreads are started. A thread of ours never takes a signal: they are the main
// thread's business, and a handler that runs elsewhere would run late.

internal import CLinux
internal import Glibc

/// A closure on its way to another thread.
private final class Work: Sendable {
    let name: String
    let isUrgent: Bool
    let body: @Sendable () -> Void

    init(name: String, isUrgent: Bool, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.isUrgent = isUrgent
        self.body = body
    }
}

/// Runs `body` on a thread that the process cannot do without, see ``startThread(named:isUrgent:_:)``.
///
/// Where the system refuses one for five seconds (chosen), the process says so and aborts: whoever
/// supervises it starts it again, and its state is on the disk. What was to run would wait for ever.
func requireThread(
    named name: String,
    isUrgent: Bool = false,
    _ body: @escaping @Sendable () -> Void
) {
    var code: Int32 = 0
    for _ in 0..<50 {
        code = startThread(named: name, isUrgent: isUrgent, body)
        if code == 0 { return }
        usleep(100_000)
    }
    fatalError("cannot start thread '\(name)': \(Errno(code)); see TasksMax= and ulimit -u")
}

/// Runs `body` on a new detached thread, with all signals blocked.
///
/// - Parameters:
///   - name: what ps(1) and a debugger show; 15 bytes count.
///   - isUrgent: whether a halt waits for it, see ``ThreadPriority``.
///   - body: may block; the thread ends when it returns.
/// - Returns: 0, or the errno of pthread_create(3), and then `body` never runs.
public func startThread(
    named name: String,
    isUrgent: Bool = false,
    _ body: @escaping @Sendable () -> Void
) -> Int32 {
    var attributes = pthread_attr_t()
    let refusal = unsafe pthread_attr_init(&attributes)
    guard refusal == 0 else { return refusal }
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    _ = unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let work = unsafe Unmanaged.passRetained(Work(name: name, isUrgent: isUrgent, body: body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
        &thread,
        &attributes,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
            unsafe clinux_name_thread(work.name)
            var signals = sigset_t()
            unsafe sigfillset(&signals)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            if work.isUrgent { ThreadPriority.urgent() } else { ThreadPriority.ordinary() }
            work.body()
            return nil
        },
        unsafe work.toOpaque()
    )
    if code != 0 { unsafe work.release() }
    return code
}
