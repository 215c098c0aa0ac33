// SPDX-License-Identifier: Apache-2.0

/// # EventTime
///
/// NAME: EventTime - points and spans of time, read from the log, never from a clock.
///
/// SUMMARY: ``Timestamp`` (microseconds since the epoch, UTC), ``TimeSpan``, ``CivilDate``, and
/// their text forms. Every pure target measures time with these.
///
/// LIMITS: arithmetic saturates at the ends of `Int64`; text covers the years 0000 to 9999.
///
/// SECURITY: no I/O.
///
/// DIAGNOSTICS: text that is not a time gives `nil`; the caller says what was expected.
///
/// BUGS: leap seconds are read as the second after them, as POSIX does.
public enum EventTimeModule {}
