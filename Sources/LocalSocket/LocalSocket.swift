// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target. Keep it true: the limits below are the ones in `LineLimits`.

/// NAME
///     LocalSocket - one request a connection, one line each way, over a Unix socket.
///
/// SUMMARY
///     `LineServer` listens on a path or on a descriptor inherited from systemd and hands each
///     request line with its `Peer` to an async closure. `LineClient` asks one question.
///
/// DESCRIPTION
///     A client connects, sends one line ended by a newline, and reads lines until the server
///     closes; the last line is the answer, earlier ones are progress. What a line means is the
///     business of the targets above; here it is bytes. A request without its newline is never
///     carried out: the client may have died half-way through a word. A request that was read is
///     carried out to its end, even when its client went away.
///     One thread waits in poll(2) for the listener and every connection, so that a client that
///     sends nothing delays nobody. Answers come from tasks; they are passed back through a
///     mailbox and an eventfd.
///
/// LIMITS
///     Request line 64 KiB. Answer, progress included, 16 MiB. Read deadline 2 s for the whole
///     line. A client that takes no byte of its answer for 10 s is dropped. 32 connections, 8 of
///     them per uid other than root; 8 more wait in the listen queue. Peers have up to 1,024
///     supplementary groups.
///
/// SECURITY
///     Credentials are the kernel's, taken when the connection was made. The path is bound with a
///     umask that lets nobody in before its mode is set; only a socket that nobody answers on is
///     ever unlinked. Inside a user namespace every foreign peer is uid 65534.
///
/// DIAGNOSTICS
///     `SocketError` says what was tried, on which path, why not, and what to do: start the
///     service (ENOENT, ECONNREFUSED), join the socket's group (EACCES).
///
/// BUGS
///     umask(2) belongs to the process: bind before other threads make files.
public enum LocalSocketManual {}
