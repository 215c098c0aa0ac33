// SPDX-License-Identifier: Apache-2.0
//
// What `audit` makes of a list, of what list managers say, and of aliases.

import Breaker
import FoundationEssentials
import Reports
import Testing

@testable import listbreaker

extension AuditedList {
    /// A list of 1,200 members as the daemon tells it.
    fileprivate static func list(
        _ kind: String,
        posters: Int64 = 3,
        members: Int64 = 1200,
        form: String = "ownerAlias"
    ) -> AuditedList {
        AuditedList(
            list: "annonce@example.org",
            members: members,
            recognised: form,
            posts: 211,
            posters: posters,
            lastNewcomer: "2026-11-24T07:31:11Z",
            lastPost: "2026-11-26T07:31:11Z",
            showsReplies: true,
            kind: KindStatus(kind: kind, saidBy: nil, learned: kind, evidence: "so it looks"),
            scope: .queue,
            isWarmingUp: false
        )
    }
}

private func level(_ holes: AuditedHoles, _ check: String) -> Finding.Level? {
    holes.findings.first { $0.check == check }?.level
}

@Suite struct `Holes of a list` {
    @Test(arguments: [
        ("announce", 3, Finding.Level.problem), ("announce", 1, .warning),
        ("discussion", 40, .ok), ("role", 40, .ok), ("unknown", 2, .warning),
    ])
    func `by the log alone`(kind: String, posters: Int64, expected: Finding.Level) {
        let holes = AuditedHoles(.list(kind, posters: posters), facts: nil)
        #expect(level(holes, "posting") == expected)
        #expect(holes.title.hasSuffix("one answer to all is 1,200 mails, ten are 12,000"))
        #expect(level(holes, "kind") == (kind == "unknown" ? .warning : .ok))
    }

    @Test(arguments: [
        ("announce", "anyone", Finding.Level.problem), ("announce", "members", .problem),
        ("announce", "few", .ok), ("announce", "moderated", .ok),
        ("discussion", "anyone", .problem), ("discussion", "members", .ok), ("role", "anyone", .ok),
    ])
    func `by the list manager's word`(kind: String, posting: String, expected: Finding.Level) {
        let facts = ManagerFacts(
            manager: "mlmmj",
            "members: 1500\nposting: \(posting)\nanswers: list\nclose: touch 'x: y'\nodd\n"
        )
        let holes = AuditedHoles(.list(kind), facts: facts)
        #expect(level(holes, "posting") == expected)
        #expect(holes.members == 1500 && holes.posting == posting)
        #expect(level(holes, "answers") == .warning)
        let finding = holes.findings.first { $0.check == "posting" }
        #expect(finding?.fix == (expected == .problem ? "touch 'x: y'" : nil))
    }

    @Test func `a small list is not worth a word about its kind`() {
        #expect(level(AuditedHoles(.list("unknown", members: 40), facts: nil), "kind") == nil)
    }
}

@Suite struct `Large aliases` {
    @Test func `an alias goes on in lines that begin with a blank`() {
        let found = LargeAliases.aliases(
            in:
                "# a: b\nalle: :include:/etc/alle,\n  boss@example.org\n\"odd name\": x@y\nnothing\n"
        )
        #expect(found.map(\.name) == ["alle", "oddname"])
        #expect(found[0].value == " :include:/etc/alle,,  boss@example.org")
    }

    @Test func `recipients are counted, a line each or several`() {
        #expect(LargeAliases.recipients(in: "a@x\nb@x, c@x\n# d@x\n\n e@x\n") == 4)
        #expect(LargeAliases.recipients(in: "a@x\r\n\r\nb@x\r\n\t\r\n") == 2)
    }

    @Test func `files that included files include are counted, each once`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let outer = folder.appending(path: "outer").path
        let inner = folder.appending(path: "inner").path
        try Data("boss@x\r\n:include:\(inner)\r\n# :include:/etc/passwd\n".utf8)
            .write(to: URL(filePath: outer))
        try Data("a@x\nb@x\n:include:\(outer)\n:include:\(folder.path)/none\n".utf8)
            .write(to: URL(filePath: inner))
        #expect(LargeAliases.count(" \":include:\(outer)\", c@x") == 4)
    }

    @Test(
        arguments: [
            ("hash:/etc/aliases", "/etc/aliases"), ("texthash:/a", "/a"), ("ldap:/etc/l.cf", nil),
            ("hash:relative", nil), ("nis:mail.aliases", nil),
        ] as [(String, String?)]
    )
    func `only kinds that have a text file are read`(map: String, file: String?) {
        #expect(LargeAliases.file(map[...]) == file)
    }

    @Test func `one that the log knows is no second list, by its name alone`() {
        let aliases = ["annonce@vm", "alle@vm"].map {
            LargeAliases.Found(address: $0, members: 300, file: "/etc/aliases")
        }
        let unseen = AuditedHoles.unseen(aliases, among: [.list("announce")])
        #expect(unseen.map(\.list) == ["alle@vm"])
        #expect(unseen.first.map { level($0, "seen") } == .warning)
    }
}

@Suite struct `Asked list managers` {
    @Test func `a script that fails is named once, and not asked again`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appending(path: "own")
        let text = "#!/bin/sh\necho asked >>'\(folder.path)/log'\necho no password >&2\nexit 78\n"
        try Data(text.utf8).write(to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
        var managers = ListManagers(script: script.path)
        for _ in 0..<3 { #expect(managers.facts(of: .list("announce")) == nil) }
        #expect(
            managers.complaints.map(\.text) == ["own cannot be asked who may post: no password"]
        )
        let log = String(
            decoding: try Data(contentsOf: folder.appending(path: "log")),
            as: UTF8.self
        )
        #expect(log == "asked\n")
    }
}
