// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target. No decision about mail is made here.

/// NAME
///     Control - what the command line and the daemon say to each other.
///
/// SUMMARY
///     `ControlServer` answers ``ControlRequest`` with ``ControlResponse``; `ControlClient` asks.
///
/// DESCRIPTION
///     One connection, one line of JSON each way. The server reads the request, asks
///     ``ControlAccess`` whether the peer may have it, and hands it to the daemon. Nothing is
///     carried out that could not be read whole and understood.
///
/// LIMITS
///     Those of LocalSocket: a request of 64 KiB, an answer of 16 MiB. A reason has at most 1,024
///     bytes, an address 254, a target's name 64.
///
/// SECURITY
///     Everybody may connect; who may do what is decided by the peer's credentials, which the
///     kernel gives. Reading needs root, the daemon's own uid, or group listbreaker or
///     listbreaker-admin; changing needs root or group listbreaker-admin.
///
/// DIAGNOSTICS
///     A refusal is a response with code 77 that names the group; what cannot be understood, one
///     with code 64. ``ControlError`` says why no response came.
///
/// BUGS
///     Groups are looked up when the server starts; after adding a group restart the daemon.
public enum ControlManual {}
