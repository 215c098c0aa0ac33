// SPDX-License-Identifier: Apache-2.0
//
// Which of our threads come before other people's. On Linux the nice value is a thread's own, and a new one has
// that of whoever started it: what runs scripts would be as urgent as what halts mail. So each says itself
// what it is; workers of Dispatch, where it is used, come with values of Dispatch's choice. LimitNICE= of the
// unit allows it.

internal import Glibc

/// The nice value of the calling thread.
public enum ThreadPriority {
    private static let which = Int32(PRIO_PROCESS.rawValue)

    /// As the process was started: what the main thread has, whose number is the process's.
    private static let ownNice = getpriority(which, id_t(getpid()))

    /// For what a halt waits for: the process's own.
    ///
    /// Where that is refused it goes on as it is.
    public static func urgent() { set(ownNice) }

    /// For scripts, and what nobody waits for: as that of any process, even where a thread that is urgent
    /// has started this one.
    public static func ordinary() { set(max(0, ownNice)) }

    private static func set(_ nice: Int32) {
        guard getpriority(which, 0) != nice else { return }
        setpriority(which, 0, nice)
    }
}
