// SPDX-License-Identifier: Apache-2.0
//
// poll(2) to the nanosecond. poll(2) itself takes whole milliseconds, so that a wait of three takes up
// to four.

internal import CLinux
public import Glibc

/// Waits until one of `places` is ready, at most `nanoseconds`; returns how many are.
///
/// 0: the time is over, or a signal came. The places say which are ready.
public func poll(_ places: inout [pollfd], nanoseconds: Int64) -> Int {
    Int(unsafe max(0, clinux_poll(&places, places.count, max(0, nanoseconds))))
}
