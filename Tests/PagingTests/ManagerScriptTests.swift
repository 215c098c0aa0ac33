// SPDX-License-Identifier: Apache-2.0
//
// Manager scripts as the daemon runs them: what their answers mean, and the one for mlmmj against the
// control files of a list that is made up here. Against the real Mailman: `run.py mailman`.

import EventTime
import Foundation
import Glibc
import Testing

@testable import Paging

let managers = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "managers").path

@Suite struct ManagerScriptTests {
    @Test func `a verb and a list are arguments, and what is said is read line by line`()
        async throws
    {
        let directory = try ScriptDirectory()
        let path = try directory.script(
            "manager",
            """
            case $1:$#:$LISTBREAKER_TARGET in
            status:1:manager) echo 'stopped: a@x.test'; echo 'stopped: b@x.test' ;;
            stop:2:manager) printf 'changed: %s; %s\\n' "$2" "$LISTBREAKER_STATE" ;;
            *) echo "odd: $*" >&2; exit 64 ;;
            esac
            """
        )
        let script = ManagerScript(path, state: "/state", credentials: nil)
        let status = await script.ask(.status)
        #expect(status.outcome == .done && status.stopped == ["a@x.test", "b@x.test"])
        // No shell reads it.
        let list = "a b;$(id)'@x.test"
        #expect(await script.ask(.stop, list).changed == ["\(list); /state"])
        #expect(
            await script.ask(.restore, list).outcome
                == .failed("'\(path)' ended with 64: odd: restore \(list)")
        )
    }

    @Test(arguments: [
        (67, ManagerScript.Outcome.unknown), (75, .unreachable("'P' has no answer: why")),
        (78, .unreachable("'P' is not set up: why")), (1, .failed("'P' ended with 1: why")),
    ])
    func `exit statuses mean what the manual says`(
        code: Int,
        outcome: ManagerScript.Outcome
    ) async throws {
        let directory = try ScriptDirectory()
        let path = try directory.script("manager", "echo first >&2; echo why >&2; exit \(code)")
        let answer = await ManagerScript(path, state: "/", credentials: nil).ask(.stop, "a@x.test")
        let expected: ManagerScript.Outcome =
            switch outcome {
            case .failed(let text): .failed(text.replacing("'P'", with: "'\(path)'"))
            case .unreachable(let text): .unreachable(text.replacing("'P'", with: "'\(path)'"))
            default: outcome
            }
        #expect(answer.outcome == expected)
    }

    @Test func `a script that is not there is told`() async {
        let script = ManagerScript("no-such", state: "/", credentials: nil)
        #expect(
            await script.ask(.status).outcome
                == .unreachable(
                    "'/usr/share/listbreaker/managers/no-such' cannot be run (errno \(ENOENT))"
                )
        )
    }
}

/// A list of mlmmj as its control files lie on disk, and the script for it.
private struct MadeUpList {
    let folder: URL
    let script: ManagerScript
    var control: URL { folder.appending(path: "spool/news/control") }

    init(access: String? = nil, moderators: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        for name in ["spool/news/control", "spool/news/moderation", "secrets", "state"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name),
                withIntermediateDirectories: true
            )
        }
        try Data("\(folder.path)/spool\n".utf8)
            .write(to: folder.appending(path: "secrets/mlmmj.spool"))
        script = ManagerScript(
            "\(managers)/mlmmj",
            state: "\(folder.path)/state",
            credentials: "\(folder.path)/secrets"
        )
        try write("listaddress", "News@x.test\n")
        if let access { try write("access", access) }
        if let moderators { try write("moderators", moderators) }
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: control.appending(path: name))
    }

    func read(_ name: String) -> String? {
        (try? Data(contentsOf: control.appending(path: name))).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Every control file with its content and its inode.
    var files: [String: String] {
        var found: [String: String] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: control.path)) ?? [] {
            var status = stat()
            unsafe stat(control.appending(path: name).path, &status)
            found[name] = "\(status.st_ino) \(read(name) ?? "")"
        }
        return found
    }

    /// What `describe` says, line by line.
    func described() throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "\(managers)/mlmmj")
        process.arguments = ["describe", "news@x.test"]
        process.environment = [
            "PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": "\(folder.path)/secrets",
            "LISTBREAKER_STATE": "\(folder.path)/state",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}

@Suite struct MlmmjScriptTests {
    @Test(
        arguments: [
            (nil, nil), ("allow ^From: boss\ndeny\n", "mod@x.test\n"), ("moderate\n", ""),
        ] as [(String?, String?)]
    )
    func `a list is stopped, and gets back the very files that it had`(
        access: String?,
        moderators: String?
    ) async throws {
        let list = try MadeUpList(access: access, moderators: moderators)
        defer { list.remove() }
        let before = list.files
        #expect(await list.script.ask(.stop, "NEWS@x.test").outcome == .done)
        #expect(list.read("access") == "moderate (listbreaker)?\n")
        #expect(list.read("moderators") == " \n" && list.read("modreqlife") == "31536001\n")
        #expect(await list.script.ask(.status).stopped == ["news@x.test"])
        let again = await list.script.ask(.stop, "news@x.test")
        #expect(again.outcome == .done && again.changed == [])
        let restored = await list.script.ask(.restore, "news@x.test")
        #expect(restored.outcome == .done && restored.changed == [])
        #expect(list.files == before)
        #expect(await list.script.ask(.status).stopped == [])
    }

    @Test(arguments: ["stop", "restore"])
    func `killed between any two of its files, the next call makes good`(
        verb: String
    ) async throws {
        for count in 0...3 {
            let list = try MadeUpList(access: "allow\n", moderators: "mod@x.test\n")
            defer { list.remove() }
            let before = list.files
            #expect(await list.script.ask(.stop, "news@x.test").outcome == .done)
            // As a kill leaves it: the first files are done, the record says what was begun.
            let record = list.folder.appending(path: "state/mlmmj/news@x.test")
            let text = String(decoding: try Data(contentsOf: record), as: UTF8.self)
            let begun = verb == "stop" ? "stopping" : "restoring"
            try Data(text.replacing("stopped", with: begun).utf8).write(to: record)
            for name in ["access", "moderators", "modreqlife"].suffix(3 - count) {
                let old = list.control.appending(path: "\(name).before-halt").path
                let new = list.control.appending(path: name).path
                if unsafe rename(old, new) != 0 { unsafe unlink(new) }
            }
            let answer = await list.script.ask(verb == "stop" ? .stop : .restore, "news@x.test")
            #expect(answer.outcome == .done && answer.changed == [], "\(verb), \(count)")
            if verb == "stop" {
                #expect(list.read("access") == "moderate (listbreaker)?\n", "\(count)")
                #expect(list.read("moderators") == " \n" && list.read("modreqlife") != nil)
                #expect(await list.script.ask(.restore, "news@x.test").outcome == .done)
            }
            #expect(list.files == before, "\(verb), \(count)")
        }
    }

    @Test func `what another hand wrote is told, and stays`() async throws {
        let list = try MadeUpList(access: "allow\n")
        defer { list.remove() }
        #expect(await list.script.ask(.stop, "news@x.test").outcome == .done)
        try list.write("access", "discard\n")
        #expect(await list.script.ask(.stop, "news@x.test").changed.count == 1)
        let restored = await list.script.ask(.restore, "news@x.test")
        #expect(restored.outcome == .done && restored.changed.count == 1)
        #expect(list.read("access") == "discard\n" && list.read("access.before-halt") == "allow\n")
    }

    @Test func `who may post is told by the control files, and nothing is written`() throws {
        let list = try MadeUpList()
        defer { list.remove() }
        let members = list.folder.appending(path: "spool/news/subscribers.d")
        try FileManager.default.createDirectory(at: members, withIntermediateDirectories: true)
        try Data("a@x.test\nb@x.test\n".utf8).write(to: members.appending(path: "a"))
        try Data("c@x.test\n".utf8).write(to: members.appending(path: "c"))
        let control = list.control.path
        #expect(
            try list.described() == [
                "members: 3", "posting: anyone", "answers: writer",
                "close: touch '\(control)/subonlypost'; for announcements modonlypost in its place",
            ]
        )
        try list.write("subonlypost", "")
        try list.write("customheaders", "X-A: b\nreply-to: news@x.test\n")
        #expect(
            try list.described() == [
                "members: 3", "posting: members", "answers: list",
                "close: touch '\(control)/modonlypost'",
            ]
        )
        try list.write("modonlypost", "")
        #expect(try list.described() == ["members: 3", "posting: few", "answers: list"])
        #expect(!FileManager.default.fileExists(atPath: "\(list.folder.path)/state/mlmmj"))
    }

    @Test func `a list that mlmmj does not have is unknown`() async throws {
        let list = try MadeUpList()
        defer { list.remove() }
        #expect(await list.script.ask(.stop, "other@x.test").outcome == .unknown)
        #expect(await list.script.ask(.restore, "other@x.test").outcome == .done)
    }

    @Test(arguments: [
        "", "news", "../x@y", "a@b/../../c", "-n@x.test", "a b@x.test", "a@b@c", "a@\n",
    ])
    func `what could be more than a list's name is refused`(name: String) async throws {
        let list = try MadeUpList()
        defer { list.remove() }
        guard case .failed = await list.script.ask(.stop, name).outcome else {
            Issue.record("'\(name)' was not refused")
            return
        }
        #expect(list.files.count == 1)
    }
}
