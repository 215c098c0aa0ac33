// SPDX-License-Identifier: Apache-2.0

/// When somebody is there.
///
/// NAME: Attended - hours in which people are at work, with their time zone and their holidays.
///
/// SUMMARY: ``AttendedHours`` says whether a time is attended and when the next attended hour
/// begins. ``AttendedSpan`` reads `Mon..Fri 09:00..17:00`; ``ZoneRules`` reads tzfile(5) and TZ.
///
/// DESCRIPTION: a span is weekdays, a date pattern and a range of the local day, in the syntax of
/// systemd.time(7) with ranges for the time. A range that ends before it begins runs past midnight
/// and belongs to the day on which it begins. On a holiday no range begins. Where the clock is put
/// forward over the beginning of a range, it begins when the gap is over; where the clock is put
/// back, at the first of the two times.
///
/// LIMITS: 64 spans, 400 holidays, 64 KiB of zone rules with 4,096 transitions; the next attended
/// hour is looked for in 400 days.
///
/// SECURITY: no I/O; who reads the zone file checks its name.
///
/// DIAGNOSTICS: text that cannot be read gives `nil`; the caller says what was expected.
///
/// BUGS: leap seconds of `right/` zones are ignored.
public enum AttendedModule {}
