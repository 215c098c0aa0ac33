// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target.

/// NAME
///     HaltWire - what is said to the actuator, and by it.
///
/// SUMMARY
///     `ActuatorClient` is the daemon's side: it sends an `ActuatorRequest` over a socket, and gets
///     a `HaltReport`. Names and texts that both sides share are here as well: `QueueID`,
///     `HeldPost`, `SenderPattern`, `ListBlock`. The side that is root is `MailServers`.
///
/// DESCRIPTION
///     One JSON object a line each way. A report of another version is understood as far as it
///     goes. Every verb may be repeated; an answer that never came is not a "no".
///
///     `MailmanStop` is no part of that: it runs in the daemon, and sets switches of lists at
///     Mailman 3 as a further stop, through curl(1).
///
/// LIMITS
///     Queue IDs of 5 to 32 letters and digits, 2,000 in a request. 64 blocked lists. 1,000 lists
///     at Mailman, 10 s and 256 KiB an answer.
///
/// DIAGNOSTICS
///     `HaltError.unreachable`: start listbreaker-actuator.socket.
public enum HaltWireManual {}
