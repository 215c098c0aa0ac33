// SPDX-License-Identifier: Apache-2.0
//
// Reading: fields, selection, order, long and binary lines, and what is said when there is nothing
// to read. All against files that systemd-journal-remote wrote.

import EventTime
import Glibc
import Linux
import MailLog
import TestSupport
import Testing

@testable import Journal

struct ReadingTests {
    @Test func `every field of a genuine line arrives as it was written`() throws {
        let shop = try Workshop()
        let file = try shop.write([.mail("4C1: removed", second: 1)], to: "a.journal")
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        let entry = try #require(batch.entries.first)
        #expect(entry.time == TestEntry.start + .seconds(1))
        #expect(batch.text(entry.message) == "4C1: removed")
        #expect(batch.text(entry.identifier) == "postfix/qmgr")
        #expect(batch.text(entry.executable) == "/usr/lib/postfix/sbin/qmgr")
        #expect(batch.text(entry.unit) == "postfix@-.service")
        #expect(batch.text(entry.machine) == Workshop.machine)
        #expect(entry.transport == .syslog)
        #expect(entry.uid == 104)
        #expect(entry.pid == 812)
        #expect(entry.syslogPid == 812)
        #expect(!entry.isSuppressionNotice && !entry.isCut)
        #expect(batch.cursor != nil && batch.gap == nil)
        #expect(try !reader.read(into: &batch, limit: 10))
        #expect(batch.entries.isEmpty)
    }

    @Test func `journald's own notice of suppressed lines is read with its number and unit`()
        throws
    {
        let shop = try Workshop()
        var notice = TestEntry.mail("Suppressed 618 messages from postfix@-.service", second: 2)
        notice.fields = [
            ("_TRANSPORT", "driver"), ("SYSLOG_FACILITY", "3"), ("_UID", "0"),
            ("MESSAGE_ID", FieldValue.suppressionID), ("N_DROPPED", "618"),
            ("OBJECT_SYSTEMD_UNIT", "postfix@-.service"), ("MESSAGE", "Suppressed 618"),
        ].map { name, value in (name, Array(value.utf8)) }
        let file = try shop.write([.mail("a", second: 1), notice], to: "a.journal")
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        let entry = try #require(batch.entries.last)
        #expect(batch.entries.count == 2)
        #expect(entry.isSuppressionNotice)
        #expect(entry.dropped == 618)
        #expect(batch.text(entry.objectUnit) == "postfix@-.service")
        #expect(entry.transport == .driver)
    }

    @Test func `other facilities are left out unless a match of the configuration names them`()
        throws
    {
        let shop = try Workshop()
        var sympa = TestEntry.mail("sympa", second: 2)
        sympa.fields = [
            ("SYSLOG_FACILITY", "17"), ("SYSLOG_IDENTIFIER", "sympa_msg"), ("MESSAGE", "sympa"),
        ].map { name, value in (name, Array(value.utf8)) }
        let file = try shop.write([.mail("mail", second: 1), sympa], to: "a.journal")
        #expect(try messages(.files([file])) == ["mail"])
        let both = try messages(.files([file]), extra: ["SYSLOG_IDENTIFIER=sympa_msg"])
        #expect(both == ["mail", "sympa"])
        let failure = #expect(throws: JournalError.self) {
            try messages(.files([file]), extra: ["not a match"])
        }
        #expect(failure?.code == .badMatch)
    }

    @Test(arguments: [3, 50, 97])
    func `mail is picked out of any share of other entries, whoever does the picking`(
        percent: Int
    ) throws {
        let shop = try Workshop()
        var random = SplitMix64(seed: UInt64(percent))
        var expected: [String] = []
        var entries: [TestEntry] = []
        for index in 0..<6000 {
            var entry = TestEntry.mail("\(index)", second: Int64(index))
            switch Int.random(in: 0..<100, using: &random) {
            case ..<percent:
                expected.append("\(index)")
            case 98:
                entry.fields = [
                    ("MESSAGE", "\(index)"), ("MESSAGE_ID", FieldValue.suppressionID),
                    ("SYSLOG_FACILITY", "3"), ("_TRANSPORT", "driver"),
                ].map { name, value in (name, Array(value.utf8)) }
                expected.append("\(index)")
            case 99:
                entry.fields.removeAll { name, _ in name == "SYSLOG_FACILITY" }
            default:
                entry.fields = entry.fields.map { name, value in
                    name == "SYSLOG_FACILITY" ? (name, Array("10".utf8)) : (name, value)
                }
            }
            entries.append(entry)
        }
        let file = try shop.write(entries, to: "a.journal")
        #expect(try messages(.files([file]), limit: 700) == expected)
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        while try reader.read(into: &batch, limit: 700) {
            for entry in batch.entries where !entry.isSuppressionNotice {
                #expect(batch.text(entry.identifier) == "postfix/qmgr")
                #expect(batch.text(entry.unit) == "postfix@-.service")
            }
        }
    }

    @Test func `control bytes, NUL and broken UTF-8 in a message survive untouched`() throws {
        let shop = try Workshop()
        let bytes: [UInt8] = [65, 10, 0, 0xff, 0xe2, 0x80, 0xa8, 27, 66]
        let file = try shop.write([.mail(bytes, second: 1)], to: "a.journal")
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        let range = try #require(batch.entries.first).message
        #expect(Array(batch.bytes[Int(range.start)..<Int(range.end)]) == bytes)
    }

    @Test(arguments: [
        (65535, 65535, false), (65536, 65536, false), (65537, 65536, true), (700_000, 65536, true),
    ])
    func `a long message is whole up to 64 KiB and says so when it is cut`(
        length: Int,
        copied: Int,
        isCut: Bool
    ) throws {
        let shop = try Workshop()
        // Compressible, so that journald's compression and its threshold are in play.
        let long = [UInt8](repeating: 97, count: length)
        let file = try shop.write(
            [.mail(long, second: 1), .mail("behind", second: 2)],
            to: "a.journal"
        )
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        let entry = try #require(batch.entries.first)
        #expect(entry.message.count == copied)
        #expect(entry.isCut == isCut)
        #expect(batch.text(batch.entries[1].message) == "behind")
    }

    @Test func `a batch of long messages ends at a mebibyte and loses nothing`() throws {
        let shop = try Workshop()
        let entries = (0..<60).map { index in
            TestEntry.mail(
                [UInt8](repeating: UInt8(32 + index), count: 60000),
                second: Int64(index)
            )
        }
        let file = try shop.write(entries, to: "a.journal")
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        var total = 0
        while try reader.read(into: &batch, limit: 1000) {
            #expect(batch.bytes.count < EntrySource.batchBytes + EntryBatch.longestField + 1000)
            total += batch.entries.count
        }
        #expect(total == 60)
    }

    @Test func `the files of a directory are read as one log in the order of time`() throws {
        let shop = try Workshop()
        for part in 0..<3 {
            let entries = (0..<40).map { index in
                TestEntry.mail("\(3 * index + part)", second: Int64(3 * index + part))
            }
            try shop.write(entries, to: "part\(part).journal")
        }
        #expect(
            try messages(.directory(shop.path), limit: 7) == (0..<120).map { index in "\(index)" }
        )
        let late = TestEntry.start + .seconds(100)
        #expect(
            try messages(.directory(shop.path), from: .time(late))
                == (100..<120).map { index in "\(index)" }
        )
    }

    @Test func `nothing to read and nothing readable are told apart`() throws {
        let shop = try Workshop()
        let empty = #expect(throws: JournalError.self) {
            try messages(.directory(shop.path))
        }
        #expect(empty?.code == .noJournalFiles)
        let missing = #expect(throws: JournalError.self) {
            try messages(.directory(shop.path + "/nowhere"))
        }
        #expect(missing?.code == .noJournalFiles)
        #expect(
            missing?.description
                == "cannot read the journal '\(shop.path)/nowhere': no such file or directory "
                + "(ENOENT); check that systemd-journald runs and stores its journal, or name "
                + "another directory"
        )
        let file = try shop.write([.mail("a", second: 1)], to: "a.journal")
        let folder = #expect(throws: JournalError.self) { try messages(.directory(file)) }
        #expect(folder?.code == .openFailed)
        #expect(folder?.errno == ENOTDIR)
    }

    @Test func `a reader at the end sees what is written afterwards`() throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0)])
        #expect(eventually { (try? messages(.files([live.file]))) == ["0"] })
        let reader = try JournalReader(source: .files([live.file]), start: .head)
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        #expect(try !reader.read(into: &batch, limit: 10))
        try live.append([.mail("1", second: 1)])
        #expect(try eventually { try reader.read(into: &batch, limit: 10) })
        #expect(batch.entries.map { entry in batch.text(entry.message) } == ["1"])
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a damaged file neither crashes nor hangs the reader`(seed: UInt64) throws {
        let shop = try Workshop()
        let file = try shop.write(
            (0..<200).map { index in .mail("line \(index)", second: index) },
            to: "a.journal"
        )
        var random = SplitMix64(seed: seed)
        let descriptor = unsafe open(file, O_RDWR)
        let size = Int(lseek(descriptor, 0, SEEK_END))
        // The first 300 bytes are the header: sd-journal refuses most damage there at opening.
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let offset = Int.random(in: 300..<min(size, 200_000), using: &random)
            var byte = UInt8.random(in: 0...255, using: &random)
            unsafe pwrite(descriptor, &byte, 1, offset)
        }
        close(descriptor)
        do {
            let found = try messages(.files([file]))
            #expect(found.count <= 200, "seed \(seed)")
        } catch let failure as JournalError {
            #expect([.openFailed, .readFailed].contains(failure.code), "seed \(seed)")
        }
    }
}
