// SPDX-License-Identifier: Apache-2.0
//
// The only place where the wall clock is read.

public import EventTime
internal import Glibc

extension Timestamp {
    /// Now, by the realtime clock, which is also what journald stamps entries with.
    public static var now: Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
