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
/// LIMITS
///     Queue IDs of 5 to 32 letters and digits, 2,000 in a request. 64 blocked lists.
///
/// DIAGNOSTICS
///     `HaltError.unreachable`: start listbreaker-actuator.socket.
public enum HaltWireManual {}
