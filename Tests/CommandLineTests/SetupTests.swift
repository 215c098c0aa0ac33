// SPDX-License-Identifier: Apache-2.0
//
// Header logging: the edits of main.cf as text, and the tables as Postfix itself matches them. What
// needs Postfix is skipped, loudly, without.

import Foundation
import Testing

@testable import listbreaker

private let table = "pcre:/etc/postfix/listbreaker_header_checks"

/// Whether Postfix's tools are here.
let hasPostfix = FileManager.default.isExecutableFile(atPath: "/usr/sbin/postconf")
let postfixIsMissing: Comment = "a real Postfix is not here; install postfix"
/// Whether systemd's maker of journals is here.
let hasConverter = FileManager.default.isExecutableFile(atPath: SimulateCommand.converter)
let converterIsMissing: Comment = "no journal can be made here; install systemd-journal-remote"

/// Whether the Postfix of this machine reads tables of this kind.
private func reads(_ kind: HeaderTable.Kind) -> Bool {
    guard hasPostfix, let asked = try? Tool("/usr/sbin/postconf", ["-m"]).run()
    else { return false }
    return asked.text.split(separator: "\n").contains(kind.rawValue[...])
}

@Suite struct `Editing main.cf` {
    static let files = [
        "",
        "myhostname = mx.example.org\n",
        "myhostname = mx.example.org",
        "header_checks = regexp:/etc/postfix/site\nrelayhost =\n",
        "header_checks=\n",
        "header_checks = regexp:/etc/postfix/a,\n# why\n\n    pcre:/etc/postfix/b\n# end\nx = y\n",
        "header_checks = regexp:/etc/postfix/site",
        "header_checks = a:b\nnested_header_checks = regexp:/n\n",
        "nested_header_checks = $header_checks\nheader_checks = a:1\nheader_checks = a:2\n",
        "\u{FFFD}\r\n\theader_checks = no\n",
    ]

    @Test(arguments: files)
    func `what is put in is taken out byte for byte`(text: String) {
        let before = MainFile(Array(text.utf8))
        var main = before
        let added = main.install(table)
        #expect(main != before)
        #expect(main.block != nil)
        #expect(main.value(of: "header_checks")?.hasSuffix(table) == true)
        var known = main
        #expect(known.remove(table, added: added) == [])
        #expect(known == before)
        #expect(main.remove(table, added: nil) == [])
        #expect(main == before)
    }

    @Test func `attached messages keep the checks that they had`() {
        var main = MainFile(Array(Self.files[5].utf8))
        #expect(
            main.install(table)
                == ["nested_header_checks = regexp:/etc/postfix/a, pcre:/etc/postfix/b"]
        )
        var empty = MainFile([])
        #expect(empty.install(table) == ["header_checks = \(table)", "nested_header_checks ="])
    }

    @Test func `what somebody changed since is left and told`() {
        var main = MainFile(Array("x = y\n".utf8))
        let added = main.install(table)
        let text = String(decoding: main.bytes, as: UTF8.self)
            .replacing("nested_header_checks =\n", with: "nested_header_checks = regexp:/n\n")
        var changed = MainFile(Array(text.utf8))
        let remarks = changed.remove(table, added: added)
        #expect(remarks.count == 2)
        #expect(remarks.first?.contains("nested_header_checks = regexp:/n") == true)
        #expect(changed.bytes == Array("x = y\nnested_header_checks = regexp:/n\n".utf8))
    }

    @Test func `a value that was rewritten with our table in it stays`() {
        var main = MainFile(Array("header_checks = a:b\n".utf8))
        let added = main.install(table)
        let text = String(decoding: main.bytes, as: UTF8.self)
            .replacing("header_checks = a:b\n    \(table)", with: "header_checks = a:b, \(table)")
        var changed = MainFile(Array(text.utf8))
        #expect(changed.remove(table, added: added).contains { $0.contains("a:b, \(table)") })
        #expect(changed.bytes == Array("header_checks = a:b, \(table)\n".utf8))
    }

    @Test func `lines of the administrator behind ours survive`() {
        var main = MainFile(Array("x = y\n".utf8))
        let added = main.install(table)
        var later = MainFile(main.bytes + Array("z = 1\n".utf8))
        #expect(later.remove(table, added: added) == [])
        #expect(later.bytes == Array("x = y\nz = 1\n".utf8))
    }
}

@Suite struct `Header tables` {
    static let headers: [(String, String?)] = [
        ("References: <root@a> <mid@b> <parent@c>", "INFO parent=<parent@c>"),
        ("References: <root@a>\n <mid@b>\n\t<parent@c> ", "INFO parent=<parent@c>"),
        ("references: <only@a>", "INFO parent=<only@a>"),
        ("References: garbage", "INFO"),
        ("In-Reply-To: <parent@c>", "INFO parent=<parent@c>"),
        ("In-Reply-To: Your message of \"Mon, 1 Jan\" <parent@c>", "INFO parent=<parent@c>"),
        ("In-Reply-To:\n <parent@c>", "INFO parent=<parent@c>"),
        ("In-Reply-To: your mail", "INFO"),
        ("In-Reply-To: <a b>: parent=<forged@x y>", "INFO"),
        ("Auto-Submitted: auto-replied", "INFO"),
        ("Date: Fri, 20 Nov 2026 18:05:00 +0000", "INFO"),
        ("From: A <a@example.org>", "INFO"),
        ("List-Id: <l.example.org>", "INFO"),
        ("Subject: In-Reply-To: <a@b>", nil),
        ("X-From: a", nil),
        ("Received: from x", nil),
    ]

    @Test(.enabled(if: reads(.regexp), postfixIsMissing))
    func `Postfix matches headers as intended, by regexp`() async throws {
        try await matches(.regexp)
    }

    @Test(.enabled(if: reads(.pcre), "no pcre tables here; install postfix-pcre"))
    func `Postfix matches headers as intended, by pcre`() async throws { try await matches(.pcre) }

    private func matches(_ kind: HeaderTable.Kind) async throws {
        let file = "/tmp/listbreaker-table-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let text = HeaderTable.text(kind, added: ["x = y"])
        #expect(HeaderTable.added(in: text) == ["x = y"])
        try Data(text.utf8).write(to: URL(filePath: file))
        for (header, action) in Self.headers {
            let done = try await run(
                "/usr/sbin/postmap",
                ["-q", header, "\(kind.rawValue):\(file)"]
            )
            #expect(done.output == action.map { $0 + "\n" } ?? "", "\(header)")
            #expect(done.errors == "", "\(header)")
        }
    }
}
