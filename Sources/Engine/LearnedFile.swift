// SPDX-License-Identifier: Apache-2.0
//
// The file in which `listbreaker learn` hands over what it learned: who learned it and when, then the
// parts of the archive, each behind its key and its length. Each part is sealed by itself, so damage is
// found when it is read. The mistake to avoid: believing a length.

internal import Archive
public import EventTime

/// What was learned from older logs, on its way to the daemon.
public struct LearnedFile: Sendable {
    /// Its name in the directory of the saved state.
    public static let name = "learned"
    /// Most bytes; chosen, some 100,000 lists.
    public static let mostBytes = 512 << 20
    /// "LBLE" and the version of this shape.
    private static let head: [UInt8] = [0x4c, 0x42, 0x4c, 0x45, 1]

    /// What the logs taught.
    public var snapshot: EngineSnapshot
    /// Who read them.
    public var uid: UInt32
    /// When.
    public var time: Timestamp

    /// `snapshot`, learned by `uid` at `time`.
    public init(snapshot: EngineSnapshot, uid: UInt32, time: Timestamp) {
        self.snapshot = snapshot
        self.uid = uid
        self.time = time
    }

    /// All of it as bytes.
    public func bytes() throws -> [UInt8] {
        var file = Self.head
        Self.append(UInt64(uid), to: &file)
        Self.append(UInt64(bitPattern: time.microseconds), to: &file)
        var parts = ArchiveParts(writing: { key, bytes in
            Self.append(UInt64(bitPattern: key.packed), to: &file)
            Self.append(UInt64(bytes.count), to: &file)
            file += bytes
        })
        try snapshot.write(to: &parts)
        return file
    }

    /// Reads what ``bytes()`` gave.
    ///
    /// - Throws: `ArchiveDamage` when it is not whole, or of another version.
    public init(_ file: [UInt8]) throws {
        var place = Self.head.count
        guard file.starts(with: Self.head), let uid = Self.number(file, &place),
            let uid = UInt32(exactly: uid), let time = Self.number(file, &place)
        else { throw ArchiveDamage("it is not of this version's listbreaker learn") }
        var places: [Int64: Range<Int>] = [:]
        while place < file.count {
            guard let key = Self.number(file, &place), let count = Self.number(file, &place),
                count <= UInt64(file.count - place)
            else { throw ArchiveDamage("it ends within a part") }
            places[Int64(bitPattern: key)] = place..<place + Int(count)
            place += Int(count)
        }
        var parts = ArchiveParts(reading: { key in places[key.packed].map { Array(file[$0]) } })
        snapshot = try EngineSnapshot(from: &parts)
        self.uid = uid
        self.time = Timestamp(microseconds: Int64(bitPattern: time))
    }

    private static func append(_ number: UInt64, to file: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            file.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private static func number(_ file: [UInt8], _ place: inout Int) -> UInt64? {
        guard file.count - place >= 8 else { return nil }
        var number: UInt64 = 0
        for offset in 0..<8 { number |= UInt64(file[place + offset]) << UInt64(8 * offset) }
        place += 8
        return number
    }
}
