// SPDX-License-Identifier: Apache-2.0
//
// Mail that is meant to be taken for a list's, or not to be: huge headers, huge envelopes, names of
// other lists, files that are gone or are no files, and what milters leave. What cannot be known is
// undecided; nothing of it is guessed.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// A record of a queue file.
private func record(_ type: Character, _ text: String) -> [UInt8] {
    var bytes = [type.asciiValue ?? 0]
    var length = text.utf8.count
    repeat {
        let rest = length >> 7
        bytes.append(UInt8(length & 0x7f) | (rest > 0 ? 0x80 : 0))
        length = rest
    } while length > 0
    return bytes + Array(text.utf8)
}

/// A number as Postfix writes it into its first record and its pointers.
private func wide(_ number: Int) -> String {
    String(repeating: " ", count: 15 - "\(number)".utf8.count) + "\(number)"
}

@Suite struct HostileMailTests {
    private let scratch: Scratch
    private let lists = [
        ListKeys(BlockedList(list: "news@sub.test", senders: ["owner-news@sub.test"])),
        ListKeys(BlockedList(list: "other@sub.test", senders: ["owner-other@sub.test"])),
    ]

    init() throws { scratch = try Scratch() }

    /// A queue file of these envelope records and headers, as cleanup(8) writes one.
    ///
    /// `content` gets the place where it begins.
    private func file(
        _ envelope: [UInt8],
        content: (Int) -> [UInt8]
    ) throws -> SafeEntry {
        let first = 2 + 16 * 2 - 1
        let start = first + envelope.count + 2
        let body = content(start)
        let bytes =
            record("C", "\(wide(body.count)) \(wide(start))") + envelope + record("M", "") + body
            + record("X", "") + record("E", "")
        try StateFile.replace("\(scratch.path)/file", with: bytes)
        return try SafeEntry.at("\(scratch.path)/file")
    }

    /// Header lines, an empty one, and a line of text.
    private func mail(_ lines: [String]) -> [UInt8] {
        (lines + ["", "hello"]).flatMap { record("N", $0) }
    }

    private let stranger = record("S", "a@b.test") + record("R", "c@d.test")
    /// What this host's own local delivery of an alias writes on top.
    private let own = ["Received: by h (Postfix)", "Delivered-To: news@sub.test"]

    @Test func `with headers of a megabyte the first lines decide, which are this host's own`()
        throws
    {
        let huge = (0..<20_000).map { "X-Filler-\($0): \(String(repeating: "x", count: 40))" }
        let copy = try file(stranger) { _ in mail(own + ["Received: from x"] + huge) }
        #expect(copy.status.st_size > 1 << 20)
        #expect(QueueFile.owner(of: copy, among: lists) == .list("news@sub.test"))
        let claim = try file(stranger) { _ in mail(["Received: from x by h"] + huge + own) }
        #expect(QueueFile.owner(of: claim, among: lists) == .others)
        // One line of a megabyte: Postfix writes it in parts.
        let long = record("L", String(repeating: "y", count: 1 << 20))
        let line = try file(stranger) { _ in record("N", own[0]) + record("N", own[1]) + long }
        #expect(QueueFile.owner(of: line, among: lists) == .list("news@sub.test"))
    }

    @Test func `of 100,000 recipients each is looked at, and of more than can be read none`() throws
    {
        let crowd = (0..<100_000).flatMap { record("R", "somebody\($0)@far.test") }
        let sender = record("S", "a@b.test")
        let post = record("R", "news@sub.test")
        let alone = try file(sender + crowd) { _ in mail(["Received: from x"]) }
        #expect(QueueFile.owner(of: alone, among: lists) == .others)
        let mixed = try file(sender + crowd + post) { _ in mail(["Received: from x"]) }
        #expect(QueueFile.owner(of: mixed, among: lists) == .list("news@sub.test"))
        #expect(QueueFile.isMixed(mixed, "news@sub.test") == true)

        let rest = (0..<4).flatMap { _ in crowd }
        let more = try file(sender + rest + post) { _ in mail(["Received: from x"]) }
        #expect(more.status.st_size > 8 << 20)
        #expect(QueueFile.owner(of: more, among: lists) == .undecided)
        #expect(QueueFile.isMixed(more, "news@sub.test") == nil)
        let copy = try file(record("S", "owner-news@sub.test") + rest) { _ in mail([]) }
        #expect(
            QueueFile.owner(of: copy, among: lists) == .list("news@sub.test"),
            "its sender says"
        )
    }

    @Test(arguments: [
        ["List-Id: <other.sub.test>", "List-Post: <mailto:other@sub.test>"],
        ["X-Original-To: other@sub.test"],
    ])
    func `a list's copy that names another list is the one's whose envelope it has`(
        forged: [String]
    ) throws {
        let copy = record("S", "owner-news@sub.test") + record("R", "c@d.test")
        let entry = try file(copy) { _ in mail(forged) }
        #expect(QueueFile.owner(of: entry, among: lists) == .list("news@sub.test"))
        let strange = try file(stranger) { _ in mail(["Received: from x by h"] + forged) }
        #expect(QueueFile.owner(of: strange, among: lists) == .others)
    }

    @Test func `a milter's pointers are followed, and one that leads nowhere is undecided`() throws
    {
        // cleanup(8) leaves room for a header; nothing was put there.
        let room = try file(stranger) { _ in
            record("N", own[0]) + record("p", wide(0)) + record("N", own[1]) + record("N", "")
        }
        #expect(QueueFile.owner(of: room, among: lists) == .list("news@sub.test"))
        // A header was put in front: its text stands behind, with a pointer back.
        let edited = try file(stranger) { start in
            let back = record("N", own[1]) + record("N", "")
            let jump = record("p", wide(0)).count
            let there = start + jump + back.count
            let text = record("N", own[0]) + record("p", wide(start + jump))
            return record("p", wide(there)) + back + text
        }
        #expect(QueueFile.owner(of: edited, among: lists) == .list("news@sub.test"))
        for target in [wide(1 << 40), "nowhere", wide(-5)] {
            let lost = try file(stranger) { _ in record("p", target) + record("N", own[1]) }
            #expect(QueueFile.owner(of: lost, among: lists) == .undecided, "\(target)")
        }
        // It points to itself.
        let circle = try file(stranger) { start in record("p", wide(start)) }
        #expect(QueueFile.owner(of: circle, among: lists) == .undecided)
    }

    @Test func `what is no file is undecided`() throws {
        try #require(unsafe mkfifo("\(scratch.path)/pipe", 0o600) == 0)
        try StateFile.makeDirectory("\(scratch.path)/folder")
        for name in ["pipe", "folder"] {
            let entry = try SafeEntry.at("\(scratch.path)/\(name)")
            #expect(QueueFile.owner(of: entry, among: lists) == .undecided, "\(name)")
            #expect(QueueFile.isMixed(entry, "news@sub.test") == nil)
        }
    }
}
