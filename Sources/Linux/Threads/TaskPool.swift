// SPDX-License-Identifier: Apache-2.0
//
// Threads of ours for Swift's tasks. Those of Dispatch cost a host that sleeps one wake-up a second, for
// ever, since Dispatch looks how its workers do (60 of the daemon's 70 a minute, measured), and have
// a nice value of Dispatch's choice.
// What a maintainer will get wrong: Task.sleep, DispatchQueue and MainActor bring Dispatch's threads back.
// In their place there are ``Alarm``, ``WorkQueue``, and nothing.

internal import CLinux
internal import Glibc

/// The threads that run tasks of no actor, and actors without an executor of their own.
public enum TaskPool {
    /// How many there are: one a core, at least two and at most four; chosen.
    ///
    /// Two, so that a task that waits for the disk does not keep an order back; four, since none computes
    /// for long.
    static let width = max(2, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// Jobs by their addresses.
    private static let jobs = WaitingLine<UInt>()

    /// Takes Swift's tasks over from Dispatch, for the whole process.
    ///
    /// To be called once, before the first task is made. A halt waits for these threads, so they have
    /// the nice value of the process.
    public static func takeOver() {
        for _ in 0..<width { requireThread(named: "lb-tasks", isUrgent: true) { work() } }
        unsafe clinux_take_jobs { job in
            guard let job = unsafe job else { return }
            TaskPool.jobs.add(UInt(bitPattern: job))
        }
    }

    private static func work() -> Never {
        while true { unsafe clinux_run_job(UnsafeMutableRawPointer(bitPattern: jobs.take())) }
    }
}
