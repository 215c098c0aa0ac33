// SPDX-License-Identifier: Apache-2.0

/// # FleetLink
///
/// NAME: FleetLink - what listbreakerd and listbreaker-fleetd say to each other.
///
/// SUMMARY: ``LinkServer`` in the daemon answers ``LinkRequest`` with ``LinkAnswer``; ``LinkClient`` in
/// the carrier asks.
///
/// DESCRIPTION: one connection, one line of JSON each way, as on the control socket. The carrier asks
/// `next` over and over: the daemon answers with all records that this host wants kept at the brokers, at
/// once when they changed and else after ten seconds. It asks `facts` likewise: what this host saw of its
/// lists, to be said at once and kept by nobody. What the carrier hears it hands over by `take`.
/// The carrier keeps nothing; either side may be restarted at any time.
///
/// LIMITS: 32 records a request, each of at most 8 KiB; those of LocalSocket.
///
/// JSON is read and written here, and not by Foundation, which would be a sixth of the carrier's memory.
///
/// SECURITY: everybody may connect; root, the daemon's own user and the carrier's are answered, as the
/// kernel names them. Records are read again on this side by the rules of Fleet; nothing else that came
/// from the network crosses.
///
/// DIAGNOSTICS: an answer that is not ok says why.
///
/// BUGS: none known.
public enum FleetLinkManual {}
