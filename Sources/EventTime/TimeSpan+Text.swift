// SPDX-License-Identifier: Apache-2.0
//
// Time spans as people write them, systemd.time(7): `5min`, `1h 30min`, `250ms`. The settings,
// the command line and what is printed use the same spelling. The mistake to avoid: `m` is a
// minute and `M` a month, and a number without a unit is seconds.

extension TimeSpan {
    /// The span that `text` says in the syntax of systemd.time(7), or nil.
    ///
    /// `infinity`, negative and empty spans, and what does not fit 292,000 years are nil: nothing
    /// here may wait for ever. A number without a unit is seconds; fractions are allowed.
    public init?(systemd text: String) {
        var total: Int64 = 0
        var isEmpty = true
        var rest = Array(text.utf8)[...]
        rest = rest.drop(while: Self.isBlank)
        while !rest.isEmpty {
            guard let (microseconds, after) = Self.component(rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(microseconds)
            if overflow { return nil }
            total = sum
            isEmpty = false
            rest = after.drop(while: Self.isBlank)
        }
        if isEmpty { return nil }
        self.init(microseconds: total)
    }

    /// The span in the spelling of systemd.time(7), exact to the microsecond: `1h 30min`.
    ///
    /// ``init(systemd:)`` reads it back. The largest unit is the day, so that `365d` stays itself.
    public var text: String {
        if microseconds == 0 { return "0s" }
        var rest = microseconds.magnitude
        var words: [String] = []
        for (name, length) in Self.printed where rest >= length {
            words.append("\(rest / length)\(name)")
            rest %= length
        }
        return (microseconds < 0 ? "-" : "") + words.joined(separator: " ")
    }

    /// One number and its unit at the front of `text`, in microseconds, and what follows.
    private static func component(
        _ text: ArraySlice<UInt8>
    ) -> (microseconds: Int64, rest: ArraySlice<UInt8>)? {
        let whole = text.prefix(while: isDigit)
        var rest = text.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(1 + fraction.count)
            if fraction.isEmpty { return nil }
        }
        if whole.isEmpty && fraction.isEmpty { return nil }
        rest = rest.drop(while: isBlank)
        let unit = rest.prefix { !isBlank($0) && !isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(unit.count)
        let name = unit.isEmpty ? "s" : String(decoding: unit, as: UTF8.self)
        guard let length = units[name] else { return nil }

        var count: Int64 = 0
        for digit in whole {
            let (tens, overTens) = count.multipliedReportingOverflow(by: 10)
            let (sum, overSum) = tens.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if overTens || overSum { return nil }
            count = sum
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: length)
        if overflow { return nil }
        // Each digit of the fraction stands for a tenth of the one before, down to nothing.
        var part: Int64 = 0
        var step = length
        for digit in fraction.prefix(18) {
            let remainder = step % 10
            step /= 10
            let value = Int64(digit - UInt8(ascii: "0"))
            part += value * step + value * remainder / 10
        }
        let (sum, overSum) = product.addingReportingOverflow(part)
        return overSum ? nil : (sum, rest)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// What ``text`` prints, longest first.
    private static let printed: [(String, UInt64)] = [
        ("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000),
        ("ms", 1000), ("us", 1),
    ]

    /// Every unit of systemd.time(7), "Parsing Time Spans", in microseconds.
    ///
    /// A month is 30.44 days and a year 365.25.
    private static let units: [String: Int64] = {
        let table: [(String, Int64)] = [
            ("usec us µs μs", 1),
            ("msec ms", 1000),
            ("seconds second sec s", 1_000_000),
            ("minutes minute min m", 60_000_000),
            ("hours hour hr h", 3_600_000_000),
            ("days day d", 86_400_000_000),
            ("weeks week w", 604_800_000_000),
            ("months month M", 2_630_016_000_000),
            ("years year y", 31_557_600_000_000),
        ]
        var units: [String: Int64] = [:]
        for (names, length) in table {
            for name in names.split(separator: " ") { units[String(name)] = length }
        }
        return units
    }()
}
