// SPDX-License-Identifier: Apache-2.0
//
// Held mail as people see it: posts whose words are a stranger's, rates, and the progress bar.

import ArgumentParser
import Breaker
import Reports
import Testing

@testable import listbreaker

private func post(
    _ id: String,
    subject: String,
    from: String = "Ann <ann@example.com>",
    list: String? = "all-staff@example.org"
) -> HeldReport.Post {
    HeldReport.Post(
        post: id,
        list: list,
        messageID: "<\(id)@example.com>",
        from: from,
        subject: subject,
        sender: "owner-all-staff@example.org",
        firstSeen: "2026-11-24T07:28:02.123456Z",
        messages: 3,
        copies: 1234
    )
}

@Test func `held mail is shown by post, and no subject moves the cursor`() {
    let report = HeldReport(
        posts: [
            post("4B1A2C89A5", subject: "Re: hello"),
            post("4B1A2C89B6", subject: "\u{1B}[2Jgone\u{202E}\n5 posts", from: "", list: nil),
        ],
        more: 7,
        held: 13,
        foreign: 2
    )
    let text = HeldText(report: report, console: Console()).text
    #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{202E}"))
    let lines = text.split(separator: "\n")
    #expect(lines[3].hasPrefix("no room at this width for: "))
    #expect(lines.count == 8, "a subject has no line of its own")
    #expect(lines[1].hasPrefix("4B1A2C89A5") && lines[1].contains("1,234"))
    #expect(lines[2].contains("(queue)") && lines[2].contains("owner-all-staff@example.org"))
    #expect(text.contains("2,468 copies in 6 messages on hold."))
    #expect(text.contains("7 messages of further posts."))
    #expect(text.contains("2 messages on hold are not ours; left alone."))
    for width in 40...120 {
        let narrow = HeldText(report: report, console: Console(width: width)).text
        #expect(narrow.contains("4B1A2C89A5") && narrow.contains("1,234"), "\(width) columns")
    }
    let nothing = HeldReport(posts: [], more: 0, held: 0, foreign: 0)
    #expect(HeldText(report: nothing, console: Console()).text == "Nothing is on hold.\n")
}

@Test func `a rate is copies a minute, however it is written`() {
    #expect(RateArgument(argument: "600/min")?.perMinute == 600)
    #expect(RateArgument(argument: "600")?.perMinute == 600)
    #expect(RateArgument(argument: "10/s")?.perMinute == 600)
    #expect(RateArgument(argument: "36000/h")?.perMinute == 600)
    #expect(RateArgument(argument: "0")?.perMinute == 0)
    for wrong in ["", "-1", "x", "1/day", "1/", "1/min/min", "9999999999999"] {
        #expect(RateArgument(argument: wrong) == nil, "\(wrong)")
    }
}

@Test func `the progress bar fits the terminal and says how much is left`() {
    let clearing = ClearingStatus(
        number: 1,
        action: .release,
        list: "all-staff@example.org",
        post: nil,
        rate: 6000,
        messages: 250,
        copies: 12_500,
        left: 750,
        by: "uid 0: closed"
    )
    let line = ClearingProgress.line([clearing], width: 100)
    #expect(line.contains("250 of 1,000 messages, 12,500 copies, 6,000/min"))
    #expect(line.count { $0 == "#" } * 3 <= line.count { $0 == "-" } + 3)
    for width in 40...140 {
        #expect(columns(ClearingProgress.line([clearing], width: width)) <= width)
    }
}

private let mixed = HeldReport(
    posts: [
        post("4B1A2C89A5", subject: "one"),
        post("4B1A2C89B6", subject: "two", from: "Bob <bob@evil.test>"),
        post("4B1A2C89C7", subject: "own", list: nil),
    ],
    more: 0,
    held: 9,
    foreign: 0
)

@Test func `what a command would take is counted, and what it would leave`() throws {
    let list = [HeldMail("All-Staff@example.org")]
    #expect(
        HeldNumbers.lines(of: list, in: mixed) == [
            "Of all-staff@example.org: 2 posts in 6 messages to 2,468 recipients.",
            "Others, which stay: 1 post in 3 messages to 1,234 recipients.",
        ]
    )
    let one = HeldNumbers.lines(of: [HeldMail("<4B1A2C89C7@example.com>")], in: mixed)
    #expect(one.first == "Of no list: 1 post in 3 messages to 1,234 recipients.")
    #expect(
        HeldNumbers.lines(of: [.list("b@example.org")], in: mixed).first?.hasPrefix("Nothing")
            == true
    )
    var unread = mixed
    unread.posts[2].undecided = 2
    #expect(
        HeldNumbers.lines(of: list, in: unread).last?
            .hasPrefix("Undecided: 2 messages. ") == true
    )
}

@Test func `several posts are meant by a form, and all by --all`() throws {
    #expect(try HeldMail.meant(by: ["*@EVIL.test>"], in: mixed) == [.post("4B1A2C89B6")])
    #expect(
        try HeldMail.meant(by: ["*89A5*", "4B1A2C89A5", "a@b.test"], in: mixed)
            == [.post("4B1A2C89A5"), .list("a@b.test")]
    )
    #expect(throws: Failure.self) { try HeldMail.meant(by: ["*nothing*"], in: mixed) }
    let staff = HeldMail.list("all-staff@example.org")
    #expect(HeldMail.all(in: mixed, byPost: false) == [staff, .queue])
    // The queue's mail is not discarded as a whole.
    #expect(HeldMail.all(in: mixed, byPost: true) == [staff, .post("4B1A2C89C7")])
    for words in [["held", "release"], ["held", "discard", "--all", "a@b.test"]] {
        #expect(throws: (any Error).self) { try ListbreakerCommand.parseAsRoot(words) }
    }
}

@Test func `what a restore would send is counted by list, and it asks unless told not to`() throws {
    let saved = [
        post("4B1A2C89A5", subject: "one"), post("4B1A2C89B6", subject: "two"),
        post("4B1A2C89C7", subject: "own", list: nil),
    ]
    #expect(
        HeldRestoreCommand.numbers(of: saved) == [
            "Saved, of no list: 1 post in 3 messages to 1,234 recipients.",
            "Saved, of all-staff@example.org: 2 posts in 6 messages to 2,468 recipients.",
        ]
    )
    let command = try ListbreakerCommand.parseAsRoot(["held", "restore", "4B1A", "--yes"])
    #expect((command as? HeldRestoreCommand)?.yes == true)
}
