// SPDX-License-Identifier: Apache-2.0
//
// Parts: each sealed by itself and under its own key; a missing, moved or changed one is refused.

import TestSupport
import Testing

@testable import Archive

/// A table of values, eight a part, and a set of hashes.
private struct Shelf: Equatable {
    var values: [Sample] = []
    var words: Set<UInt64> = []

    mutating func archive(_ parts: inout ArchiveParts) throws {
        var (count, wordCount) = (values.count, words.count)
        try parts.part(1) { (stream) throws(ArchiveDamage) in
            try stream.number(&count, from: 0)
            try stream.number(&wordCount, from: 0)
        }
        try parts.list(2, &values, count: count, together: 8)
        let sorted = words.sorted()
        if parts.isReading { words = [] }
        try parts.buckets(3, sorted, count: wordCount) { (word, stream) throws(ArchiveDamage) in
            if stream.isReading { words.insert(word) }
        }
    }

    static func random(_ seed: UInt64) -> Shelf {
        var random = SplitMix64(seed: seed)
        return Shelf(
            values: (0..<20).map { _ in Sample.random(&random) },
            words: Set((0..<9000).map { _ in random.next() })
        )
    }

    func kept() throws -> KeptParts {
        var copy = self
        return try KeptParts { try copy.archive(&$0) }
    }

    init(values: [Sample] = [], words: Set<UInt64> = []) {
        self.values = values
        self.words = words
    }

    init(_ kept: KeptParts) throws {
        try kept.read { try archive(&$0) }
    }
}

@Suite struct ArchivePartsTests {
    @Test(arguments: UInt64(1)...6)
    func `what is written in parts is read again`(seed: UInt64) throws {
        let shelf = Shelf.random(seed)
        let kept = try shelf.kept()
        // 9,000 hashes, at most 64 a part when they are spread evenly.
        #expect(kept.parts.count == 1 + 3 + 256)
        #expect(kept.parts.allSatisfy { $0.key.kind < 3 || $0.value.count < 1000 })
        #expect(try Shelf(kept) == shelf)
        #expect(try Shelf().kept().parts.count == 2)
    }

    @Test func `one value changes one part`() throws {
        var shelf = Shelf.random(9)
        let before = try shelf.kept().parts
        shelf.values[12].large = 77
        let after = try shelf.kept().parts
        let changed = after.filter { before[$0.key] != $0.value }.map(\.key)
        #expect(changed == [ArchiveKey(kind: 2, number: 1)])
    }

    @Test func `a hash that comes for one that goes changes their parts`() throws {
        var shelf = Shelf.random(9)
        let before = try shelf.kept().parts
        let gone = try #require(shelf.words.sorted().first)
        shelf.words.remove(gone)
        shelf.words.insert(.max)
        let after = try shelf.kept().parts
        let changed = after.filter { before[$0.key] != $0.value }.map(\.key.number).sorted()
        #expect(changed == [0, 255])
    }

    @Test func `a hash in the part of others, or one too many, is refused`() throws {
        var parts = try Shelf(words: Set(1...65)).kept()
        let (one, two) = (ArchiveKey(kind: 3, number: 0), ArchiveKey(kind: 3, number: 1))
        let empty = try #require(parts.parts[two])
        let other = try Shelf(words: Set((0..<65).map { .max - $0 })).kept()
        parts.parts[two] = other.parts[two]
        #expect(throws: ArchiveDamage("there are 130 keys, not 65")) { try Shelf(parts) }
        parts.parts[two] = empty
        #expect(try Shelf(parts).words.count == 65)
        // Sealed rightly, by who writes for another number of hashes.
        let few = try Shelf(words: [.max]).kept()
        parts.parts[one] = few.parts[one]
        let error = #expect(throws: ArchiveDamage.self) { try Shelf(parts) }
        #expect(error?.reason == "\(one): a key of another part is in it")
    }

    @Test func `any flipped bit is found`() throws {
        let kept = try Shelf.random(2).kept()
        var random = SplitMix64(seed: 5)
        for _ in 0..<400 {
            var damaged = kept
            let key = try #require(kept.parts.keys.sorted().randomElement(using: &random))
            let count = try #require(kept.parts[key]?.count)
            let bit = Int.random(in: 0..<count * 8, using: &random)
            damaged.parts[key]?[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = #expect(throws: ArchiveDamage.self) { try Shelf(damaged) }
            #expect(error?.reason == "\(key): it fails its checksum")
        }
    }

    @Test func `a part that is missing, cut or in another's place is found`() throws {
        let kept = try Shelf.random(3).kept()
        for key in kept.parts.keys.sorted() {
            var damaged = kept
            damaged.parts[key] = nil
            #expect(throws: ArchiveDamage("\(key) is missing")) { try Shelf(damaged) }
            damaged.parts[key] = []
            #expect(throws: ArchiveDamage("\(key): it ends too early")) { try Shelf(damaged) }
        }
        var swapped = kept
        let (one, two) = (ArchiveKey(kind: 2, number: 0), ArchiveKey(kind: 2, number: 1))
        swapped.parts[one] = kept.parts[two]
        #expect(throws: ArchiveDamage("\(one): it fails its checksum")) { try Shelf(swapped) }
    }

    @Test func `keys stand in the order of their packed numbers`() {
        let keys = [
            ArchiveKey(kind: 0, number: 0), ArchiveKey(kind: 0, number: .max),
            ArchiveKey(kind: 1, number: 0), ArchiveKey(kind: 1, number: 7),
        ]
        #expect(keys.shuffled().sorted() == keys)
        #expect(Set(keys.map(\.packed)).count == 4)
        #expect("\(keys[3])" == "part 1.7")
    }
}
