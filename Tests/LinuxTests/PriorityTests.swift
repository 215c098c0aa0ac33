// SPDX-License-Identifier: Apache-2.0
//
// A thread that is on the way to a halt has the nice value that the process was started with, whoever
// starts it; the others have that of any process.

import Dispatch
import Glibc
import Testing

@testable import Linux

struct PriorityTests {
    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to be nicer than others"))
    func `threads on the way to a halt have the process's nice value, all others none`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let which = Int32(PRIO_PROCESS.rawValue)
            // Of the main thread alone, as by Nice= of a unit that starts no other.
            guard setpriority(which, id_t(getpid()), -7) == 0 else { exit(1) }
            func nice(_ code: Int32, _ start: (@escaping @Sendable (Int32) -> Void) -> Void)
                -> Int32
            {
                let found = Guarded(Int32?.none)
                start { value in found.withLock { $0 = value } }
                for _ in 0..<5000 where found.withLock({ $0 }) == nil { usleep(1000) }
                guard let value = found.withLock({ $0 }) else { exit(code) }
                return value
            }
            let urgent = nice(2) { done in
                _ = startThread(named: "urgent", isUrgent: true) {
                    done(getpriority(which, 0))
                    let child = Guarded(Int32?.none)
                    // What an urgent one starts for others is not.
                    _ = startThread(named: "script") {
                        child.withLock { $0 = getpriority(which, 0) }
                    }
                    for _ in 0..<5000 where child.withLock({ $0 }) == nil { usleep(1000) }
                    if child.withLock({ $0 }) != 0 { exit(3) }
                }
            }
            guard urgent == -7 else { exit(4) }
            let worker = nice(5) { done in
                DispatchQueue(label: "worker").async {
                    setpriority(which, 0, 0)
                    ThreadPriority.urgent()
                    done(getpriority(which, 0))
                }
            }
            exit(worker == -7 ? 0 : 6)
        }
    }
}
