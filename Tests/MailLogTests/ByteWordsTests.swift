// SPDX-License-Identifier: Apache-2.0
//
// What is read eight bytes at once says the same as byte by byte: each reading beside the plainest way
// of writing it, over bytes of chance that are near what it looks for, and at every distance from the
// end of the batch.

import EventTime
import Testing

@testable import MailLog

/// Numbers that are the same in every run.
private struct Chance {
    var state: UInt64 = 0x1234_5678_9abc_def1

    mutating func next(below limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 1) % limit
    }

    /// Bytes of `letters`, now and then any other.
    mutating func text(_ letters: [UInt8], atMost count: Int) -> [UInt8] {
        (0..<next(below: count + 1)).map { _ in
            next(below: 40) == 0 ? UInt8(next(below: 256)) : letters[next(below: letters.count)]
        }
    }
}

@Suite struct ByteWordsTests {
    /// A cursor over `text`, with `before` and `behind` about it in the batch.
    private static func cursor(
        _ text: [UInt8],
        before: Int = 0,
        behind: [UInt8] = []
    ) -> LineCursor {
        let all = [UInt8](repeating: 0x2d, count: before) + text + behind
        return LineCursor(all, ByteRange(start: before, end: before + text.count))
    }

    @Test func `a queue id is one`() {
        var chance = Chance()
        let letters = Array("0123456789ABCDEFGHXYZbcdfghxyz".utf8)
        for _ in 0..<20_000 {
            let text = chance.text(letters, atMost: 70)
            let cursor = Self.cursor(text, before: chance.next(below: 9))
            let isAlphanumeric = text.allSatisfy(ASCII.isAlphanumeric)
            let isHex = text.allSatisfy(ASCII.isUpperHex)
            let hasVowel = text.contains(where: ASCII.isVowel)
            let isID =
                (5...64).contains(text.count) && isAlphanumeric
                && (isHex || text.count >= 10 && !hasVowel)
            #expect(cursor.isQueueID(cursor.at, cursor.end) == isID, "\(text)")
        }
        for byte in UInt8.min...UInt8.max {
            let text = Array("4jYXkR1W7nz".utf8) + [byte]
            let cursor = Self.cursor(text)
            let isPart = ASCII.isAlphanumeric(byte) && !ASCII.isVowel(byte)
            #expect(cursor.isQueueID(0, text.count) == isPart)
        }
    }

    @Test func `a queue id ends at its colon and space`() {
        var chance = Chance()
        let letters = Array("0123456789ABCDEF::  ".utf8)
        for _ in 0..<20_000 {
            let text = chance.text(letters, atMost: 80)
            var cursor = Self.cursor(text, behind: Array("F: F: ".utf8))
            let head = text.prefix { ASCII.isAlphanumeric($0) }
            let isThere =
                text[head.endIndex...].starts(with: ": ".utf8)
                && cursor.isQueueID(0, head.count)
            let taken = cursor.takeQueueID()
            #expect(taken == (isThere ? ByteRange(start: 0, end: head.count) : nil), "\(text)")
            #expect(cursor.at == (isThere ? head.count + 2 : 0))
        }
    }

    @Test func `a peer is a host without spaces and an address`() {
        var chance = Chance()
        let letters = Array("ab.1234567890[]:,% f".utf8)
        for _ in 0..<40_000 {
            let text = chance.text(letters, atMost: 60)
            var cursor = Self.cursor(text, before: chance.next(below: 9))
            let start = cursor.at
            let host = text.prefix { $0 > 0x20 && $0 != 0x2c && $0 != 0x5b }
            let rest = text[host.endIndex...]
            let stop = rest.first == 0x5b ? rest.firstIndex(of: 0x5d) : nil
            let peer = cursor.takePeer()
            #expect((peer == nil) == (stop == nil), "\(text)")
            guard let peer, let stop else { continue }
            #expect(peer.host == ByteRange(start: start, end: start + host.count))
            let inside = text[(host.endIndex + 1)..<stop]
            let digits = inside.prefix { $0 != 0x25 }
            let isAddress =
                digits.allSatisfy { ASCII.isHex($0) || $0 == 0x2e || $0 == 0x3a }
                && digits.contains { $0 == 0x2e || $0 == 0x3a }
            let whole = ByteRange(start: start + host.count + 1, end: start + stop)
            #expect(peer.address == (isAddress ? whole : .absent), "\(text)")
        }
    }

    @Test func `seconds are the number that stands there`() {
        var chance = Chance()
        let letters = Array("0123456789.".utf8)
        for _ in 0..<20_000 {
            let text = chance.text(letters, atMost: 24)
            var cursor = Self.cursor(text)
            let whole = text.prefix(while: ASCII.isDigit)
            let span = cursor.takeSeconds()
            guard !whole.isEmpty else {
                #expect(span == nil)
                continue
            }
            var rest = text[whole.endIndex...]
            var part: [UInt8] = []
            if rest.first == 0x2e {
                part = Array(rest.dropFirst().prefix(while: ASCII.isDigit))
                rest = rest.dropFirst(part.count + 1)
            }
            #expect(cursor.at == text.count - rest.count, "\(text)")
            let digits = Array(whole) + (part + [UInt8](repeating: 0x30, count: 6)).prefix(6)
            let number = Int64(String(decoding: digits, as: UTF8.self)) ?? .max
            #expect(span?.microseconds == number, "\(text)")
        }
    }

    @Test func `a byte and a literal are found where they stand`() {
        var chance = Chance()
        for _ in 0..<20_000 {
            let text = chance.text(Array("ab>, relay=".utf8), atMost: 60)
            let cursor = Self.cursor(
                text,
                before: chance.next(below: 9),
                behind: Array(", relay=".utf8)
            )
            let first = text.firstIndex(of: 0x3e).map { $0 + cursor.at }
            #expect(cursor.find(0x3e) == first)
            let wanted = Array(", r".utf8)
            let places = (0..<max(0, text.count - 2)).filter {
                text[$0..<$0 + 3].elementsEqual(wanted)
            }
            #expect(
                cursor.findLast(", r", before: cursor.end) == places.last.map { $0 + cursor.at }
            )
            #expect(cursor.has("a") == text.starts(with: "a".utf8))
            #expect(cursor.has("ab>") == text.starts(with: "ab>".utf8))
            #expect(cursor.has("a, re") == text.starts(with: "a, re".utf8))
            #expect(cursor.has(", relay=") == text.starts(with: ", relay=".utf8))
            #expect(cursor.has(", relay=ab") == text.starts(with: ", relay=ab".utf8))
        }
        for length in 1...17 {
            // The last byte counts at every length.
            let text = Array("abcdefghijklmnopq".utf8.prefix(length))
            var other = text
            other[length - 1] ^= 1
            #expect(Self.cursor(text).isExactly("abcdefghijklmnopq") == (length == 17))
            #expect(!Self.cursor(other).isExactly("abcdefghijklmnopq"))
        }
    }

    @Test func `a hash does not hang on what stands about the text`() {
        var chance = Chance()
        var memo = HashMemo()
        for _ in 0..<10_000 {
            let text = chance.text(Array("aB".utf8), atMost: 44)
            let before = chance.next(below: 20)
            let alone = ByteHash.hash(text, ByteRange(start: 0, end: text.count), seed: 7)
            let cursor = Self.cursor(text, before: before, behind: [0x61, 0x62])
            #expect(ByteHash.hash(cursor.bytes, cursor.rest, seed: 7) == alone, "\(text) \(before)")
            #expect(memo.hash(cursor.bytes, cursor.rest, seed: 7) == alone)
            #expect(memo.hash(cursor.bytes, cursor.rest, seed: 7) == alone)
            #expect(
                memo.hash(cursor.bytes, cursor.rest, seed: 8)
                    == ByteHash.hash(text, ByteRange(start: 0, end: text.count), seed: 8)
            )
        }
    }

    @Test func `a batch's lines are believed as each by itself`() {
        var chance = Chance()
        var settings = TrustSettings(instances: ["mx1"])
        settings.postfixUsers = [101]
        settings.eximUsers = [103]
        let reader = LineReader(settings: settings)
        var batch = EntryBatch()
        let names = ["postfix/qmgr", "mx1/smtp", "exim", "other/smtpd", "sshd", "sendmail", "bulk"]
            .map { batch.append(Array($0.utf8)) }
        let programs = ["/usr/lib/postfix/sbin/qmgr", "/usr/sbin/exim4", "/tmp/qmgr"]
            .map { batch.append(Array($0.utf8)) }
        let units = ["postfix@-.service", "ssh.service", "docker-abc.scope"]
            .map { batch.append(Array($0.utf8)) }
        let lines = ["ABCDEF0123: removed", "ABCDEF0123: re\nmoved", "connect from a[192.0.2.1]"]
            .map { batch.append(Array($0.utf8)) }
        var memo = SourceMemo()
        var verdicts: Set<String> = []
        for _ in 0..<20_000 {
            var entry = LogEntry(time: Timestamp(microseconds: 5))
            entry.identifier = names[chance.next(below: names.count)]
            entry.message = lines[chance.next(below: lines.count)]
            let (program, unit) = (chance.next(below: 4), chance.next(below: 4))
            entry.executable = program < 3 ? programs[program] : .absent
            entry.unit = unit < 3 ? units[unit] : .absent
            entry.transport = [.syslog, .syslog, .other, .absent][chance.next(below: 4)]
            entry.uid = [101, 103, 0, 1000, nil][chance.next(below: 5)]
            entry.pid = Int32(chance.next(below: 2))
            entry.syslogPid = Int32(chance.next(below: 3))
            let alone = reader.read(entry, in: batch.bytes)
            var event = MailEvent(time: entry.time)
            reader.read(entry, in: batch.bytes, &memo, into: &event)
            #expect(event.trust == alone.trust && event.kind == alone.kind)
            #expect(event.dialect == alone.dialect && event.isUnnamed == alone.isUnnamed)
            #expect(event.instance == alone.instance && event.process == alone.process)
            verdicts.insert("\(alone.trust)")
        }
        #expect(verdicts.count >= 7, "\(verdicts)")
    }
}
