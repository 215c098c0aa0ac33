// SPDX-License-Identifier: Apache-2.0

/// # Fleet
///
/// NAME: Fleet - what several hosts know of each other's breakers, and what one host makes of it.
///
/// SUMMARY: ``FleetBook`` is two sets that only grow: trips by name, and resets that name trips. A
/// scope is open while one of its trips is named by no reset. ``Admission`` says which foreign trip
/// this host acts on. ``FleetTrip`` and ``FleetReset`` are the records, as text of a few hundred bytes.
///
/// DESCRIPTION: records go from host to host through brokers that may lose, double and reorder them, or
/// forget all. The merge is the union of both sets, so none of that matters, and no host has to agree
/// with another before it acts. A number that counts generations would not do: a host that was cut
/// off while a person reset comes back with a trip that nobody saw, and a higher number closes it. A
/// reset here closes the trips that it names, and no others.
///
/// A record's text is a first line with its kind and version, then lines `field: value`. Fields that are
/// not known are ignored. What is not understood of a trip leaves it open; what is not understood of a
/// reset makes the reset void: both are the safe side.
///
/// LIMITS: a trip has at most 400 bytes, a reset 8 KiB and 64 names. 1,000 trips of one host, 20,000 in
/// all, 10,000 resets; more are refused. Three trips an hour of one host are acted on.
///
/// SECURITY: no I/O, no clock. A record counts only under the name of the host, or operator, whose
/// certificate the broker saw; the broker puts that into the topic. Free text is a stranger's:
/// control characters are refused when it is read, and printers escape.
///
/// DIAGNOSTICS: ``RecordRefusal`` says why a record is none; ``Ruling`` why a trip is not acted on.
///
/// BUGS: sets are never pruned. A trip's time is believed as its host gives it: a host whose clock is
/// behind by more than the horizon trips for itself alone.
public enum FleetModule {}
