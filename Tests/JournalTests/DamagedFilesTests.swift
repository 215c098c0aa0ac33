// SPDX-License-Identifier: Apache-2.0
//
// Damaged and cut journal files read directly: nothing crashes, nothing runs in a circle, what sd-journal gives is
// given too, and what is missing is said.

import EventTime
import Glibc
import Linux
import MailLog
import TestSupport
import Testing

@testable import Journal

struct DamagedFilesTests {
    /// A file of 400 entries, and its bytes.
    private func sample(_ shop: Workshop, _ form: [String] = []) throws -> (String, [UInt8]) {
        let entries = (0..<400).map { TestEntry.mail("line \($0): removed", second: $0) }
        let file = try shop.write(entries, to: "whole.journal", environment: form)
        return (file, try #require(try WholeFile.read(file, atMost: 1 << 28)))
    }

    private func put(_ bytes: [UInt8], _ path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        try #require(WholeFile.write(descriptor, bytes))
    }

    /// The place of the first object of `type` at which `isWanted` holds.
    private func object(
        _ bytes: [UInt8],
        _ type: UInt8,
        _ isWanted: (Int, Int) -> Bool = { _, _ in true }
    ) -> Int? {
        func word(_ place: Int) -> Int {
            bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var place = word(88)
        while place + 16 < bytes.count, word(place + 8) >= 16 {
            if bytes[place] == type, isWanted(place, word(place + 8)) { return place }
            place += (word(place + 8) + 7) & ~7
        }
        return nil
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `flipped bits cost what they hit, and less than with sd-journal`(seed: UInt64) throws {
        let shop = try Workshop()
        var random = SplitMix64(seed: seed)
        let form = FilesTests.forms[Int(seed % 4)]
        let (file, whole) = try sample(shop, form)
        let intact = try Reading.files(.files([file]))
        var bytes = whole
        let end = 300_000
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            bytes[Int.random(in: 272..<min(end, bytes.count), using: &random)] ^=
                1 << UInt8.random(in: 0..<8, using: &random)
        }
        let path = shop.path + "/flipped.journal"
        try put(bytes, path)
        let found = try Reading.files(.files([path]))
        if let wanted = try? Reading.journald(.files([path])) {
            #expect(found.holds(wanted), "seed \(seed)")
        }
        #expect(found.entries.count <= 400)
        if found.entries.count < 400 {
            #expect(found.damage.count == 1, "seed \(seed)")
        } else if found.entries == intact.entries {
            #expect(found.damage.count <= 1)
        }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `a file that was cut gives what is left of it, and says so`(seed: UInt64) throws {
        let shop = try Workshop()
        var random = SplitMix64(seed: seed)
        let (file, whole) = try sample(shop, FilesTests.forms[Int(seed % 4)])
        let intact = try Reading.files(.files([file]))
        let path = shop.path + "/cut.journal"
        let used = 250_000
        let length = Int.random(in: 1..<(seed < 20 ? used : whole.count), using: &random)
        try put(Array(whole[..<length]), path)
        let found = try Reading.files(.files([path]))
        #expect(intact.entries.starts(with: found.entries), "seed \(seed)")
        let told = try #require(found.damage.first)
        #expect(found.damage.count == 1)
        if length >= 208 {
            #expect(
                told.loss
                    == "it is cut off at \(length) of \(whole.count) bytes; "
                    + "\(400 - found.entries.count) of 400 entries are missing"
            )
        } else {
            #expect(told.isWhole)
        }
        // Its neighbours are read.
        let beside = try Reading.files(.directory(shop.path))
        #expect(beside.entries == intact.entries)
        #expect(beside.damage == found.damage)
    }

    /// A head that is of no mind about its numbers bounds them by nothing.
    @Test func `an entry with the highest number that there is costs nothing behind it`() throws {
        let shop = try Workshop()
        let (file, whole) = try sample(shop)
        let intact = try Reading.files(.files([file]))
        var bytes = whole
        // tail_entry_seqnum and head_entry_seqnum of the header.
        for place in 160..<176 { bytes[place] = 0 }
        let entry = try #require(object(bytes, JournalFile.entryType))
        for place in entry + 16..<entry + 24 { bytes[place] = 0xff }
        let path = shop.path + "/highest.journal"
        try put(bytes, path)
        let found = try Reading.files(.files([path]))
        #expect(found.entries.count == 400)
        #expect(found.entries.map(\.texts) == intact.entries.map(\.texts))
    }

    @Test func `a file that shrinks while it is read is only damage`() throws {
        let shop = try Workshop()
        let (file, _) = try sample(shop)
        var files = try DirectSource(.files([file]), .head, [])
        var batch = EntryBatch()
        files.fill(&batch, limit: 10)
        #expect(batch.entries.count == 10)
        #expect(unsafe truncate(file, 4096) == 0)
        var count = 10
        repeat {
            files.fill(&batch, limit: 100)
            count += batch.entries.count
        } while !batch.entries.isEmpty
        #expect(count < 400)
        #expect(files.damage.count == 1)
    }

    @Test(arguments: [3, 5, 6, 7] as [UInt8])
    func `a field of no known compression is left out by both, and neither hangs`(
        flags: UInt8
    ) throws {
        let shop = try Workshop()
        let (_, whole) = try sample(shop)
        var bytes = whole
        let text = Array("MESSAGE=line 7: ".utf8)
        let place = try #require(
            object(bytes, JournalFile.dataType) { place, length in
                length > 90 && bytes[(place + 72)..<(place + 72 + text.count)].elementsEqual(text)
            }
        )
        bytes[place + 1] = flags
        let path = shop.path + "/flags.journal"
        try put(bytes, path)
        let wanted = try Reading.journald(.files([path]))
        let found = try Reading.files(.files([path]))
        #expect(wanted.entries.count == 400)
        #expect(found.entries == wanted.entries)
        #expect(found.entries[7].texts[0].isEmpty)
    }

    @Test(arguments: FilesTests.forms)
    func `a chain of arrays that runs in a circle ends`(form: [String]) throws {
        let shop = try Workshop()
        let (file, whole) = try sample(shop, form)
        let header = try #require(JournalFile(file, serial: 1)).header
        var bytes = whole
        // The second array of the entries leads back to the first, or to itself.
        let first = Int(header.firstArray)
        func word(_ place: Int) -> UInt64 {
            bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let second = Int(word(first + 16))
        for target in [first, second, 0x7fff_ffff_ffff_fff8, 12] {
            for byte in 0..<8 { bytes[second + 16 + byte] = UInt8((target >> (8 * byte)) & 0xff) }
            let path = shop.path + "/circle.journal"
            try put(bytes, path)
            let found = try Reading.files(.files([path]))
            #expect(found.entries.count < 400)
            #expect(try found.holds(Reading.journald(.files([path]))))
            let loss = try #require(found.damage.first?.loss)
            #expect(loss.contains("\(400 - found.entries.count) of 400 entries"))
        }
    }

    @Test func `entries that claim the whole file cost no more than the file`() throws {
        let shop = try Workshop()
        let (_, whole) = try sample(shop)
        var bytes = whole
        var place = 272
        while let next = object(bytes, JournalFile.entryType, { at, _ in at > place }) {
            place = next
            let length = UInt64(bytes.count - next) / 4 * 4
            for byte in 0..<8 {
                bytes[next + 8 + byte] = UInt8((length >> (8 * UInt64(byte))) & 0xff)
            }
            break
        }
        let path = shop.path + "/long.journal"
        try put(bytes, path)
        let found = try Reading.files(.files([path]))
        #expect(found.entries.count >= 398)
        #expect(found.damage.count == 1)
    }

    @Test func `a number that jumps hides nothing behind it`() throws {
        let shop = try Workshop()
        let (_, whole) = try sample(shop)
        var bytes = whole
        let place = try #require(
            object(bytes, JournalFile.entryType) { place, _ in bytes[place + 16] == 50 }
        )
        bytes[place + 21] = 1
        let path = shop.path + "/jump.journal"
        try put(bytes, path)
        let found = try Reading.files(.files([path]))
        let wanted = try Reading.journald(.files([path]))
        #expect(wanted.entries.count < 400, "sd-journal passes over all that follows")
        #expect(found.entries.count == 400)
        #expect(found.damage.count == 1)
    }
}
