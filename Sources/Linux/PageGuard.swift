// SPDX-License-Identifier: Apache-2.0
//
// Mapped files that others may cut: what is gone reads as zeros and is counted, in place of the end
// of the process. Whoever reads must look at the count afterwards, and throw away what he read.

internal import CLinux

/// Guards the calling thread against files that become shorter while they are mapped.
public enum PageGuard {
    /// From now on a page that is gone reads as zeros on this thread.
    public static func begin() { clinux_guard_pages() }

    /// From now on it is the end of the process again: other files' readers do not look at the count.
    public static func end() { clinux_unguard_pages() }

    /// Pages that were gone on this thread so far.
    public static var lost: UInt { UInt(clinux_lost_pages()) }
}
