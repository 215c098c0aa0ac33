// SPDX-License-Identifier: Apache-2.0
//
// Overview of the target: what the edges and the programs share of the system below them. Nothing
// here knows mail, and nothing pure may import it.

/// The system as the edges use it: threads, locks, clocks, files, children, and errors in words.
///
/// NAME
///
/// Linux - threads, locks, clocks, whole files, child processes, errno in words
///
/// SUMMARY
///
///     startThread(named: "pages") { ... }     // 0, or the errno of pthread_create(3)
///     let seen = Guarded(0)                   // seen.withLock { $0 += 1 }
///     let bell = try Bell()                   // rung by one thread, waited for by another
///     TaskPool.takeOver()                     // Swift's tasks, too, run on threads of ours
///     await Alarm.wait(for: .seconds(1))
///     Timestamp.now, SystemClock.seconds            // the only places where a clock is read
///     try WholeFile.read(path, atMost: 1 << 20)
///     try WholeFile.replace(path, with: bytes)
///     try ChildCommand("/usr/sbin/postconf", ["-h", "myhostname"]).run(within: .seconds(20))
///
/// DESCRIPTION
///
/// Swift's own threads are few, and a script or a socket that hangs must not take one of them. A
/// thread that is started here is detached, takes no signal, and ends when its closure returns.
/// ``ChildCommand`` says what a child gets; ``ChildProcess`` is one that runs.
///
/// LIMITS
///
/// A thread's name longer than 15 bytes is cut by the kernel. ``Guarded`` is not recursive.
///
/// SECURITY
///
/// No shell. A child gets no descriptor but its first three, a clean environment, and a process
/// group of its own.
///
/// DIAGNOSTICS
///
/// ``Errno``, which its caller puts into a sentence. Nothing here logs.
///
/// BUGS
///
/// None known.
public enum Linux {}
