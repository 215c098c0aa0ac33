// SPDX-License-Identifier: Apache-2.0
//
// How far the clock on the wall is from UTC. The table of tzfile(5) tells about the past and the
// announced future, its last line, or a TZ string alone, about what comes then. The mistake to
// avoid: believing the counts in the file; it is checked like anything from outside.

public import EventTime

/// The rules of a time zone.
public struct ZoneRules: Sendable, Equatable {
    /// Most bytes of a zone file, and most transitions in it.
    ///
    /// The largest of tzdata 2026 has 4 KiB.
    public static let fileBytes = 65_536
    static let mostTransitions = 4_096

    /// Seconds since the epoch at which an offset begins, ascending.
    private var transitions: [(time: Int64, offset: Int64)] = []
    /// Before the first transition.
    private var initial: Int64 = 0
    /// After the last transition; nil when the last offset stays.
    private var rule: ZoneRule?

    /// UTC.
    public static let utc = ZoneRules()

    private init() {}

    /// The rules of a TZ string, such as `CET-1CEST,M3.5.0,M10.5.0/3`; nil for anything else.
    public init?(posix text: String) {
        guard let rule = ZoneRule(text) else { return nil }
        self.rule = rule
        initial = rule.standard
    }

    /// The rules in the bytes of a zone file, as in /usr/share/zoneinfo; nil for anything else.
    public init?(file bytes: [UInt8]) {
        guard bytes.count <= Self.fileBytes, var reader = ZoneFileReader(bytes) else { return nil }
        // Version 1 has 32-bit times and stands first in every file.
        guard let old = reader.block(wide: false) else { return nil }
        var block = old
        if reader.version >= 2 {
            guard reader.header(), let new = reader.block(wide: true) else { return nil }
            block = new
            guard let footer = reader.footer() else { return nil }
            if !footer.isEmpty {
                guard let rule = ZoneRule(footer) else { return nil }
                self.rule = rule
            }
        }
        transitions = block.transitions
        initial = block.initial
    }

    /// Seconds east of UTC at `time`.
    public func offset(at time: Timestamp) -> Int64 {
        let second = time.seconds
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].time <= second { low = middle + 1 } else { high = middle }
        }
        if low == transitions.count, let rule { return rule.offset(at: second) }
        return low == 0 ? initial : transitions[low - 1].offset
    }

    /// The time at which the wall clock shows `second` of a local day, which is counted from the
    /// epoch.
    ///
    /// The first of two such times; where the clock jumps over it, the end of the gap.
    func time(day: Int64, second: Int64) -> Timestamp {
        let wall = day * 86_400 + second
        // The offsets that hold around that time; two days cover every change of clocks.
        let near = [-172_800, 0, 172_800].map {
            offset(at: Timestamp(seconds: wall + $0))
        }
        let candidates = Set(near).map { wall - $0 }.sorted()
        if let first = candidates.first(where: { $0 + offset(at: Timestamp(seconds: $0)) == wall })
        {
            return Timestamp(seconds: first)
        }
        // In a gap: the change lies between the two candidates.
        guard var low = candidates.first, var high = candidates.last else {
            return Timestamp(seconds: wall)
        }
        let before = offset(at: Timestamp(seconds: low))
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: Timestamp(seconds: middle)) == before {
                low = middle
            } else {
                high = middle
            }
        }
        return Timestamp(seconds: high)
    }

    /// Whether two zones have the same rules.
    public static func == (left: ZoneRules, right: ZoneRules) -> Bool {
        left.initial == right.initial && left.rule == right.rule
            && left.transitions.elementsEqual(right.transitions) { $0 == $1 }
    }
}

/// Reads tzfile(5), RFC 8536.
private struct ZoneFileReader {
    struct Block {
        var transitions: [(time: Int64, offset: Int64)]
        var initial: Int64
    }

    private let bytes: [UInt8]
    private var position = 0
    private(set) var version = 0
    private var counts: [Int] = []

    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard header() else { return nil }
    }

    /// Reads a header: magic, version, six counts.
    mutating func header() -> Bool {
        guard position + 44 <= bytes.count,
            bytes[position..<position + 4].elementsEqual("TZif".utf8)
        else { return false }
        let letter = bytes[position + 4]
        version = letter == 0 ? 1 : Int(letter) - 48
        guard (1...9).contains(version) else { return false }
        position += 20
        counts = (0..<6).map { _ in Int(number(4)) }
        let allowed = counts.allSatisfy { (0...ZoneRules.mostTransitions * 8).contains($0) }
        return allowed && counts[3] <= ZoneRules.mostTransitions && (1...256).contains(counts[4])
    }

    /// Reads the body behind the header.
    mutating func block(wide: Bool) -> Block? {
        let width = wide ? 8 : 4
        // isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt.
        let size =
            counts[3] * (width + 1) + counts[4] * 6 + counts[5] + counts[2] * (width + 4)
            + counts[1] + counts[0]
        guard position + size <= bytes.count else { return nil }
        let end = position + size
        let times = (0..<counts[3]).map { _ in number(width) }
        let types = (0..<counts[3]).map { _ in Int(number(1) & 0xff) }
        let kinds = (0..<counts[4]).map { _ -> (offset: Int64, isDaylight: Bool) in
            let offset = number(4)
            let isDaylight = number(1) != 0
            position += 1
            return (offset, isDaylight)
        }
        position = end
        guard types.allSatisfy({ $0 < kinds.count }),
            kinds.allSatisfy({ abs($0.offset) <= 93_600 }),
            zip(times, times.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        // RFC 8536 section 3.2: type 0 holds before the first transition.
        return Block(
            transitions: zip(times, types).map { ($0, kinds[$1].offset) },
            initial: kinds[0].offset
        )
    }

    /// The TZ string at the end; nil when it is not there.
    mutating func footer() -> String? {
        guard position < bytes.count, bytes[position] == 0x0a,
            let end = bytes[(position + 1)...].firstIndex(of: 0x0a)
        else { return nil }
        return String(decoding: bytes[position + 1..<end], as: UTF8.self)
    }

    /// A big-endian number with its sign; the caller has checked that it is there.
    private mutating func number(_ width: Int) -> Int64 {
        var value: UInt64 = 0
        for byte in bytes[position..<position + width] { value = value << 8 | UInt64(byte) }
        position += width
        let shift = 64 - width * 8
        return Int64(bitPattern: value << UInt64(shift)) >> Int64(shift)
    }
}
