// SPDX-License-Identifier: Apache-2.0
//
// What is too large for one run of bytes: parts by key, each sealed by itself. Whoever keeps them
// sees one at a time. The mistake to avoid: a part whose size grows with the number of lists.

/// Names one part of an archive.
public struct ArchiveKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// What the part is of; numbered by ``Kind``.
    public var kind: Int32
    /// Which of its kind, from 0 on.
    public var number: Int32

    /// The part `number` of `kind`.
    public init(kind: Int32, number: Int32) {
        self.kind = kind
        self.number = number
    }

    /// What the checksum of the part is begun with, so that a part in another's place is found.
    var seed: UInt64 { UInt64(bitPattern: packed) }

    /// Both in one number, in the same order.
    public var packed: Int64 { Int64(kind) << 32 | Int64(UInt32(bitPattern: number)) }

    /// By kind, then by number.
    public static func < (left: ArchiveKey, right: ArchiveKey) -> Bool {
        left.packed < right.packed
    }

    /// For messages.
    public var description: String { "part \(kind).\(number)" }
}

/// Writes parts, or reads them.
public struct ArchiveParts {
    /// Keeps the bytes of a part; they may be overwritten after it returns.
    public typealias Put = (ArchiveKey, [UInt8]) throws -> Void
    /// The bytes of a part; nil when there is none.
    public typealias Get = (ArchiveKey) throws -> [UInt8]?

    private enum Way {
        case writing(Put)
        case reading(Get)
    }

    private let way: Way
    private var buffer: [UInt8] = []
    /// Version of the layout of the parts that follow, for fields that an older one has not.
    ///
    /// Each owner of parts says it when he has read his own; until then the newest.
    public var layout = Int64.max

    /// Gives every part to `put`, in no certain order.
    public init(writing put: @escaping Put) {
        way = .writing(put)
    }

    /// Asks `get` for every part.
    public init(reading get: @escaping Get) {
        way = .reading(get)
    }

    /// Whether parts are read.
    public var isReading: Bool {
        if case .reading = way { true } else { false }
    }

    /// One part: `fields` names what is in it, for both directions.
    ///
    /// - Throws: ``ArchiveDamage`` when a part is missing or not as it was written, and whatever
    ///   their keeper throws.
    public mutating func part(
        _ kind: Int32,
        _ number: Int = 0,
        _ fields: (inout ArchiveStream) throws(ArchiveDamage) -> Void
    ) throws {
        let key = ArchiveKey(kind: kind, number: Int32(clamping: number))
        switch way {
        case .writing(let put):
            var stream = ArchiveStream(writingInto: buffer)
            stream.layout = layout
            buffer = []
            try fields(&stream)
            stream.seal(seed: key.seed)
            try put(key, stream.bytes)
            buffer = stream.bytes
        case .reading(let get):
            guard let bytes = try get(key) else { throw ArchiveDamage("\(key) is missing") }
            do throws(ArchiveDamage) {
                var stream = ArchiveStream(reading: bytes)
                stream.layout = layout
                try stream.unseal(seed: key.seed)
                try fields(&stream)
                try stream.finish()
            } catch {
                throw ArchiveDamage("\(key): \(error)")
            }
        }
    }

    /// `count` things, `together` a part; `fields` names what is in each.
    public mutating func blocks(
        _ kind: Int32,
        count: Int,
        together: Int,
        _ fields: (Int, inout ArchiveStream) throws(ArchiveDamage) -> Void
    ) throws {
        for (number, start) in stride(from: 0, to: count, by: together).enumerated() {
            try part(kind, number) { (stream) throws(ArchiveDamage) in
                for place in start..<min(start + together, count) { try fields(place, &stream) }
            }
        }
    }

    /// `count` values, `together` a part.
    public mutating func list<Value: Archived>(
        _ kind: Int32,
        _ values: inout [Value],
        count: Int,
        together: Int
    ) throws {
        if isReading { values = [] }
        try blocks(kind, count: count, together: together) {
            (place, stream) throws(ArchiveDamage) in
            var value = stream.isReading ? Value() : values[place]
            try value.fields(&stream)
            if stream.isReading { values.append(value) }
        }
    }

    /// Hashes and what belongs to each, some 64 a part: `sorted` are the hashes when they are written,
    /// `count` how many there are.
    ///
    /// A hash goes by its upper bits to a part, so that one that comes or goes changes only that part.
    /// `fields` gets each hash, in rising order.
    public mutating func buckets(
        _ kind: Int32,
        _ sorted: [UInt64],
        count: Int,
        _ fields: (UInt64, inout ArchiveStream) throws(ArchiveDamage) -> Void
    ) throws {
        var upperBits = 0
        while count >> upperBits > 64 { upperBits += 1 }
        var (next, read) = (0, 0)
        for number in 0..<1 << upperBits {
            let bucket = { (key: UInt64) in upperBits == 0 ? 0 : Int(key >> (64 - upperBits)) }
            var end = next
            while end < sorted.count, bucket(sorted[end]) == number { end += 1 }
            try part(kind, number) { (stream) throws(ArchiveDamage) in
                var size = end - next
                try stream.count(&size, of: 8)
                for place in 0..<size {
                    var key = stream.isReading ? 0 : sorted[next + place]
                    try stream.word(&key)
                    try stream.check(bucket(key) == number, "a key of another part is in it")
                    try fields(key, &stream)
                }
                read += size
            }
            next = end
        }
        guard read == count else { throw ArchiveDamage("there are \(read) keys, not \(count)") }
    }
}

/// Parts in memory: for what is small.
public struct KeptParts: Sendable, Equatable {
    /// The bytes of each part.
    public var parts: [ArchiveKey: [UInt8]] = [:]

    /// The parts that `write` gives.
    public init(_ write: (inout ArchiveParts) throws -> Void) throws {
        var kept: [ArchiveKey: [UInt8]] = [:]
        var parts = ArchiveParts(writing: { kept[$0] = $1 })
        try write(&parts)
        self.parts = kept
    }

    /// Lets `read` take the parts.
    public func read(_ read: (inout ArchiveParts) throws -> Void) throws {
        let kept = parts
        var parts = ArchiveParts(reading: { kept[$0] })
        try read(&parts)
    }
}
