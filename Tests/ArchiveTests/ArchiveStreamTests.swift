// SPDX-License-Identifier: Apache-2.0
//
// One routine for both directions: what is written is read, and what was not written so is refused,
// never believed and never a trap.

import TestSupport
import Testing

@testable import Archive

/// A value with a field of every form.
struct Sample: Archived, Equatable {
    enum Choice: UInt8 { case one, two, three }

    struct Inner: Archived, Equatable {
        var number: UInt32 = 0

        mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
            try stream.number(&number)
        }
    }

    var flag = false
    var small: Int8 = 0
    var large: Int64 = 0
    var unsigned: UInt64 = 0
    var count = 0
    var hash: UInt64 = 0
    var word: UInt64 = 0
    var figure = 0.0
    var amount = 0.0
    var float: Float = 0
    var choice = Choice.one
    var maybe: Int64?
    var inner: Inner?
    var inners: [Inner] = []
    var text = ""
    var texts: [String] = []
    var bytes: [UInt8] = []
    var numbers: [Int32] = []
    var words: [UInt64] = []
    var set: Set<UInt64> = []
    var map: [UInt64] = []

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.flag(&flag)
        try stream.number(&small)
        try stream.number(&large)
        try stream.number(&unsigned)
        try stream.number(&count, from: 0)
        try stream.hash(&hash)
        try stream.word(&word)
        try stream.double(&figure)
        try stream.amount(&amount, limit: 1e9)
        try stream.float(&float)
        try stream.raw(&choice)
        try stream.optional(&maybe)
        try stream.optional(&inner)
        try stream.list(&inners, most: 9)
        try stream.text(&text)
        try stream.texts(&texts)
        try stream.bytes(&bytes, most: 100)
        try stream.numbers(&numbers)
        try stream.words(&words)
        try stream.set(&set)
        try stream.bits(&map, most: 64)
    }

    /// Anything, the bounds among it.
    static func random(_ random: inout SplitMix64) -> Sample {
        func some<Value>(_ make: (inout SplitMix64) -> Value) -> [Value] {
            (0..<Int.random(in: 0..<9, using: &random)).map { _ in make(&random) }
        }
        var it = Sample()
        it.flag = Bool.random(using: &random)
        it.small = [.min, -1, 0, 1, .max].randomElement(using: &random) ?? 0
        it.large = [.min, -1, 0, 63, 64, .max].randomElement(using: &random) ?? 0
        it.unsigned = [0, 127, 128, .max - 1, .max].randomElement(using: &random) ?? 0
        it.count = [0, 1, .max].randomElement(using: &random) ?? 0
        it.hash = [0, 1, random.next()].randomElement(using: &random) ?? 0
        it.word = random.next()
        it.figure = [0, -1.5, .pi, .leastNonzeroMagnitude].randomElement(using: &random) ?? 0
        it.amount = [0, 1e9, 0.1].randomElement(using: &random) ?? 0
        it.float = [0, 1.5, .greatestFiniteMagnitude].randomElement(using: &random) ?? 0
        it.choice = [.one, .two, .three].randomElement(using: &random) ?? .one
        it.maybe = Bool.random(using: &random) ? nil : Int64(bitPattern: random.next())
        it.inner = Bool.random(using: &random) ? nil : Inner(number: .max)
        it.inners = some { Inner(number: UInt32(truncatingIfNeeded: $0.next())) }
        it.text = ["", "annonce@example.org", "répondre \u{0} à tous"][it.inners.count % 3]
        it.texts = some { "t\($0.next())" }
        it.bytes = some { UInt8(truncatingIfNeeded: $0.next()) }
        it.numbers = some { Int32(truncatingIfNeeded: $0.next()) }
        it.words = some { $0.next() }
        it.set = Set(some { $0.next() })
        let mask = Bool.random(using: &random) ? UInt64.max : 0x8000_0000_0000_0001
        it.map = some { $0.next() & mask }
        return it
    }

    var written: [UInt8] {
        get throws {
            var (copy, stream) = (self, ArchiveStream())
            try copy.fields(&stream)
            return stream.bytes
        }
    }

    init() {}

    init(reading bytes: [UInt8]) throws(ArchiveDamage) {
        var stream = ArchiveStream(reading: bytes)
        try fields(&stream)
        try stream.finish()
    }
}

@Suite struct ArchiveStreamTests {
    @Test(arguments: UInt64(1)...40)
    func `what is written is read, whatever it is`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sample = Sample.random(&random)
        let written = try sample.written
        #expect(try Sample(reading: written) == sample, "seed \(seed)")
        #expect(try Sample(reading: written).written == written, "the same bytes each time")
    }

    @Test func `writing changes nothing`() throws {
        var random = SplitMix64(seed: 7)
        let sample = Sample.random(&random)
        var (copy, stream) = (sample, ArchiveStream())
        try copy.fields(&stream)
        #expect(copy == sample)
    }

    @Test func `cut anywhere, it is refused`() throws {
        var random = SplitMix64(seed: 3)
        let written = try Sample.random(&random).written
        for count in 0..<written.count {
            #expect(throws: ArchiveDamage.self) {
                try Sample(reading: Array(written.prefix(count)))
            }
        }
        #expect(throws: ArchiveDamage("it goes on after its end")) {
            try Sample(reading: written + [0])
        }
    }

    @Test(arguments: UInt64(50)...57)
    func `bytes of any kind are an error or a value, never a trap`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var refused = 0
        for round in 0..<500 {
            var bytes = try Sample.random(&random).written
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    round % 2 == 0 ? 0xff : UInt8.random(in: 0...255, using: &random)
            }
            do {
                let read = try Sample(reading: bytes)
                #expect(read.count >= 0 && read.amount >= 0 && read.amount <= 1e9)
                #expect(read.inners.count <= 9 && read.map.count <= 64)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }

    @Test func `what does not fit is refused with words`() throws {
        func damage(_ bytes: [UInt8], _ read: (inout ArchiveStream) throws -> Void) -> String {
            var stream = ArchiveStream(reading: bytes)
            do {
                try read(&stream)
                return ""
            } catch { return "\(error)" }
        }
        var (byte, count, float) = (UInt8(0), 0, Float(0))
        var (double, choice, flag) = (0.0, Sample.Choice.one, false)
        var (words, map): ([UInt64], [UInt64]) = ([], [])
        #expect(damage([0xff, 0x7f]) { try $0.number(&byte) } == "16383 is too much")
        #expect(damage([1]) { try $0.number(&count, from: 0) } == "-1 is below 0")
        let long = [UInt8](repeating: 0xff, count: 11)
        #expect(damage(long) { try $0.number(&count) } == "a number is too long")
        #expect(damage([2]) { try $0.flag(&flag) } == "a truth value is 2")
        #expect(damage([3]) { try $0.raw(&choice) } == "there is no choice 3")
        #expect(damage([2, 0, 0]) { try $0.count(&count, of: 8) } == "a count of 1 is too high")
        // A count of 2^62 must not take memory before it is known to be wrong.
        let many: [UInt8] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]
        #expect(damage(many) { try $0.words(&words) }.hasPrefix("a count of"))
        #expect(damage(many) { try $0.bits(&map, most: 9) }.hasPrefix("a bit map has"))
        let nan: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
        #expect(damage(nan) { try $0.double(&double) } == "a figure is not finite")
        #expect(damage([1, 0, 0, 0x80, 0xbf]) { try $0.float(&float) } == "a figure is not finite")
        #expect(
            damage([1, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf]) { try $0.amount(&double, limit: 9) }
                == "a figure is -1.0, not 0 to 9.0"
        )
    }

    @Test func `a text that is too long is cut where it is written`() throws {
        var stream = ArchiveStream()
        var text = String(repeating: "ä", count: 3000)
        try stream.text(&text)
        #expect(text.utf8.count == 6000)
        var again = ArchiveStream(reading: stream.bytes)
        var read = ""
        try again.text(&read)
        #expect(read.utf8.count == ArchiveStream.longestText)
    }
}
