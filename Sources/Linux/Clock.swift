// SPDX-License-Identifier: Apache-2.0
//
// The only place where a clock is read; deadlines are the standard library's ContinuousClock. The
// mistake to avoid: measuring how long something took by the wall clock, which people set.

internal import CLinux
public import EventTime
internal import Glibc

extension Timestamp {
    /// Now, by the realtime clock, which is also what journald stamps entries with.
    public static var now: Timestamp {
        let time = SystemClock.read(CLOCK_REALTIME)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// Clocks as numbers.
public enum SystemClock {
    /// Seconds since 1970 by the realtime clock; what files are stamped with.
    public static var seconds: Int64 { Int64(read(CLOCK_REALTIME).tv_sec) }

    /// Microseconds since 1970 by the realtime clock; what journald stamps entries with.
    public static var microseconds: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// Nanoseconds by the monotonic clock, which stands still while the host sleeps.
    public static var monotonic: Int64 { nanoseconds(CLOCK_MONOTONIC) }

    /// Nanoseconds since the host was started, its sleep included; what /proc counts from.
    public static var sinceBoot: Int64 { nanoseconds(CLOCK_BOOTTIME) }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        let time = read(clock)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    fileprivate static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return time
    }
}
