// SPDX-License-Identifier: Apache-2.0
//
// One point in time, the same for every target: microseconds since 1970-01-01 UTC, as journald
// counts them. Nothing here reads a clock. The mistake to avoid: mixing these with monotonic time.

/// A point in time in microseconds since the Unix epoch, UTC; journald's `__REALTIME_TIMESTAMP`.
///
/// Arithmetic saturates: a hostile or broken stamp never traps.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z; may be negative.
    public var microseconds: Int64

    /// The point `microseconds` after the epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The point `seconds` after the epoch.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since the epoch, rounded down.
    public var seconds: Int64 { Self.floorDivide(microseconds, 1_000_000) }

    /// Earlier than every real entry.
    public static let distantPast = Timestamp(microseconds: .min)

    /// Whether `left` is the earlier point.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// `time` moved later by `span` (earlier when negative).
    public static func + (time: Timestamp, span: TimeSpan) -> Timestamp {
        let (sum, overflow) = time.microseconds.addingReportingOverflow(span.microseconds)
        return Timestamp(microseconds: overflow ? (span.microseconds < 0 ? .min : .max) : sum)
    }

    /// `time` moved earlier by `span`.
    public static func - (time: Timestamp, span: TimeSpan) -> Timestamp {
        time + TimeSpan(microseconds: span.microseconds == .min ? .max : -span.microseconds)
    }

    /// How long it is from `right` to `left`; negative when `left` is the earlier one.
    public static func - (left: Timestamp, right: Timestamp) -> TimeSpan {
        let (difference, overflow) =
            left.microseconds.subtractingReportingOverflow(right.microseconds)
        return TimeSpan(microseconds: overflow ? (left < right ? .min : .max) : difference)
    }
}

/// A length of time in microseconds; may be negative.
///
/// systemd.time(7) calls it a time span; the standard library's `Span` is a piece of memory.
public struct TimeSpan: Hashable, Comparable, Sendable {
    /// The length in microseconds.
    public var microseconds: Int64

    /// A span of `microseconds`.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// A span of `count` seconds; saturates.
    public static func seconds(_ count: Int64) -> TimeSpan {
        TimeSpan(microseconds: Timestamp(seconds: count).microseconds)
    }

    /// A span of `count` minutes; saturates.
    public static func minutes(_ count: Int64) -> TimeSpan {
        .scaled(count, by: 60)
    }

    /// A span of `count` hours; saturates.
    public static func hours(_ count: Int64) -> TimeSpan {
        .scaled(count, by: 3600)
    }

    /// A span of `count` days of 24 hours; saturates.
    public static func days(_ count: Int64) -> TimeSpan {
        .scaled(count, by: 86400)
    }

    private static func scaled(_ count: Int64, by seconds: Int64) -> TimeSpan {
        let (product, overflow) = count.multipliedReportingOverflow(by: seconds)
        return .seconds(overflow ? (count < 0 ? .min : .max) : product)
    }

    /// The length in seconds, with its fraction.
    public var seconds: Double { Double(microseconds) / 1_000_000 }

    /// Whether `left` is the shorter span.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Timestamp: Codable {
    /// Reads what ``encode(to:)`` wrote: a whole number of microseconds.
    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes a whole number of microseconds, so that saved state is exact and quick to read.
    ///
    /// JSON for people carries ``rfc3339`` instead.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

extension TimeSpan: Codable {
    /// Reads what ``encode(to:)`` wrote: a whole number of microseconds.
    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes a whole number of microseconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}
