// SPDX-License-Identifier: Apache-2.0
//
// Overview of the target: what the edges share when they need a thread of their own. Nothing here
// knows mail, and nothing pure may import it.

/// Threads for calls that wait, and a lock for what they share.
///
/// NAME
///
/// Threads - start a thread for calls that wait, and guard what several threads share
///
/// SUMMARY
///
///     startThread(named: "pages") { ... }     // 0, or the errno of pthread_create(3)
///     let seen = Guarded(0)
///     seen.withLock { $0 += 1 }
///
/// DESCRIPTION
///
/// Swift's own threads are few, and a script or a socket that hangs must not take one of them. A
/// thread that is started here is detached, takes no signal, and ends when its closure returns.
///
/// LIMITS
///
/// A name longer than 15 bytes is cut by the kernel. ``Guarded`` is not recursive.
///
/// SECURITY
///
/// None of its own.
///
/// DIAGNOSTICS
///
/// A thread that cannot be started is told by the errno, nothing else.
///
/// BUGS
///
/// None known.
public enum Threads {}
