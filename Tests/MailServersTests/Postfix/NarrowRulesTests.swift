// SPDX-License-Identifier: Apache-2.0
//
// Whose mail a queue file is, with headers of strangers, and what the tables of narrowing say; without
// a Postfix.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

private let news = BlockedList(
    list: "news@sub.test",
    senders: ["news+bounces-*@sub.test", "owner-news@sub.test"]
)

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

@Suite struct OwnerTests {
    let lists = [ListKeys(news)]

    /// Records of an envelope, and whether they are the list's.
    static let envelopes: [([(String, String)], Bool)] = [
        ([("S", "news+bounces-7-a=b@sub.test"), ("R", "a@b.test")], true),
        ([("S", "NEWS+Bounces-7-a=b@SUB.test"), ("R", "a@b.test")], true),
        ([("S", "x@sub.test"), ("O", "News@sub.test"), ("R", "a@b.test")], true),
        ([("S", "x@sub.test"), ("D", "news@sub.test"), ("R", "a@b.test")], true),
        ([("S", "x@sub.test"), ("R", "news-request@sub.test")], false),
        ([("S", "x@sub.test"), ("R", "news@sub.test.evil.test")], false),
        ([("S", ""), ("R", "news+bounces-7-a=b@sub.test")], false),
        ([("S", "x@sub.test"), ("M", ""), ("R", "news@sub.test")], false),
    ]

    @Test(arguments: envelopes)
    func `the envelope decides`(records: [(String, String)], isNews: Bool) {
        let bytes = records.flatMap { record(Character($0.0), $0.1) }
        #expect(QueueFile.owner(envelope: bytes, among: lists) == (isNews ? "news@sub.test" : nil))
        #expect(QueueFile.owner(envelope: bytes.dropLast(1) + [], among: []) == nil)
    }

    @Test(arguments: [
        ([("S", "owner-news@sub.test"), ("R", "a@b.test")], true),
        ([("S", "x@sub.test"), ("O", "news@sub.test"), ("R", "a@b.test")], true),
        ([("S", "x@sub.test"), ("O", "news@sub.test"), ("R", "news@sub.test")], false),
        ([("S", "x@sub.test"), ("R", "news@sub.test")], false),
        (
            [
                ("S", "x@sub.test"), ("O", "news@sub.test"), ("R", "news@sub.test"),
                ("R", "a@b.test"),
            ],
            false
        ),
    ])
    func `softly only copies are the list's`(records: [(String, String)], isNews: Bool) {
        var soft = news
        soft.isSoft = true
        let bytes = records.flatMap { record(Character($0.0), $0.1) }
        let owner = QueueFile.owner(envelope: bytes, among: [ListKeys(soft)])
        #expect(owner == (isNews ? "news@sub.test" : nil))
    }

    @Test(arguments: [
        ("Received: by h (Postfix)\nDelivered-To: news@sub.test\nReceived: from x\n", true),
        ("Delivered-To: <news@sub.test\nReceived: by h\n", false),
        ("Received: from x by h\nDelivered-To: news@sub.test\nReceived: from y\n", false),
        ("Received: by h (Postfix, from userid 7)\nX-Original-To: news@sub.test\n", false),
        ("Received: by h\nReceived: from x\nDelivered-To: news@sub.test\n", false),
        ("Received: by h\nList-Id: <news.sub.test>\nList-Post: <mailto:news@sub.test>\n", false),
        ("Delivered-To: other@sub.test\nX-Original-To: news@sub.test\n", true),
        ("", false),
    ])
    func `of headers only this host's own count`(text: String, isNews: Bool) {
        let list = QueueFile.owner(trace: Array(text.utf8), among: lists)
        #expect(list == (isNews ? "news@sub.test" : nil))
    }

    /// Envelopes, a word a record, and whether they are the list's and others' at once.
    static let mixed: [(String, Bool)] = [
        ("Sa@b.test Rnews@sub.test", false),
        ("Sa@b.test Rnews@sub.test Rc@d.test", true),
        ("Sa@b.test Rc@d.test RNews@Sub.test", true),
        // Whoever has it already is not waiting for it.
        ("Sa@b.test Dc@d.test Rnews@sub.test", false),
        // A table of Postfix expanded the list: each member stands behind the list's name.
        ("Onews@sub.test Ra@b.test Onews@sub.test Rc@d.test", false),
        ("Onews@sub.test Ra@b.test Ox@sub.test Rc@d.test", true),
        ("Onews@sub.test Ra@b.test Rc@d.test", true),
        // A copy is to nobody but members.
        ("Sowner-news@sub.test Ra@b.test Rc@d.test", false),
    ]

    @Test(arguments: mixed)
    func `a message for the list and for others at once is mixed`(
        records: String,
        isMixed: Bool
    ) {
        let bytes = records.split(separator: " ").flatMap { word in
            record(word.first ?? "A", String(word.dropFirst()))
        }
        #expect(QueueFile.isMixed(envelope: bytes, "news@sub.test") == isMixed)
    }

    @Test func `what is no queue file, or gone, is undecided`() throws {
        let scratch = try Scratch()
        for text in ["", "\u{1}\u{2}garbage", "C", String(repeating: "x", count: 100_000)] {
            try scratch.write("file", text)
            let entry = try SafeEntry.at("\(scratch.path)/file")
            #expect(QueueFile.owner(of: entry, among: lists) == .undecided)
        }
    }
}

@Test func `a transport table is asked as Postfix does`() {
    #expect(
        NarrowRoutes.words("hash:/a, inline:{ {a.test = smtp:}, b=c }\tregexp:/b")
            == ["hash:/a", "inline:{ {a.test = smtp:}, b=c }", "regexp:/b"]
    )
    #expect(
        NarrowRoutes.keys(of: "A@b.C.test", wholly: false)
            == ["a@b.c.test", "b.c.test", ".c.test", ".test", "*"]
    )
    #expect(NarrowRoutes.keys(of: "a@b.test", wholly: true) == ["a@b.test"])
}

@Test(arguments: [
    ("news@x.test", "/^news@x\\.test$/"), ("a+b@x.test", "/^a\\+b@x\\.test$/"),
    ("a.*@x.test", nil), ("a/b{c}@x.test", "/^a\\/b\\{c\\}@x\\.test$/"), ("a b@x.test", nil),
    ("$1@x.test", "/^\\$1@x\\.test$/"),
])
func `a list's name is matched as it stands`(name: String, key: String?) {
    let list = BlockedList(list: name, senders: [])
    let lines = Narrowing.text(of: .posts, for: [list]).split(separator: "\n")
        .filter { !$0.hasPrefix("#") }
    #expect(lines == (key.map { ["\($0) listbreaker_hold"] } ?? []))
}

@Test func `a sender's star is any text, and nothing else is an expression`() {
    #expect(Narrowing.pattern("news+bounces-*@x.test") == "/^news\\+bounces-.*@x\\.test$/")
    for sender in ["*@x.test", "ab@x.test", "a\u{e9}bc@x.test", "abc def@x.test"] {
        #expect(Narrowing.pattern(sender) == nil)
    }
}
