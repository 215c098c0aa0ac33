// SPDX-License-Identifier: Apache-2.0
//
// mail.log files: stamps without a year, compressed files, and lines that are no log lines.

import EventTime
import Foundation
import MailLog
import Testing

@testable import listbreaker

@Suite struct `Syslog files` {
    /// The entries of files that were written at `written`, given as name and text.
    private func entries(
        _ files: [(name: String, text: String, written: String)],
        since: Timestamp? = nil
    ) throws -> [(time: String, identifier: String, message: String)] {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-syslog-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for file in files {
            var path = folder.appending(path: file.name).path
            try Data(file.text.utf8).write(to: URL(filePath: path))
            let time = try #require(Timestamp(rfc3339: file.written)).seconds
            let date = Date(timeIntervalSince1970: Double(time))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
            if file.name.hasSuffix(".plain") {
                let tool = Process()
                tool.executableURL = URL(filePath: "/usr/bin/env")
                tool.arguments = ["gzip", path]
                try tool.run()
                tool.waitUntilExit()
                path += ".gz"
            }
            paths.append(path)
        }
        var reader = try SyslogFiles(paths, since: since)
        var batch = EntryBatch()
        var found: [(String, String, String)] = []
        while try reader.read(into: &batch, limit: 3) {
            found += batch.entries.map {
                (localText($0.time), batch.text($0.identifier), batch.text($0.message))
            }
        }
        return found
    }

    /// The time in the zone of this process, as the stamps are.
    private func localText(_ time: Timestamp) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "yyyy-MM-dd HH:mm:ss"
        return format.string(from: Date(timeIntervalSince1970: Double(time.seconds)))
    }

    @Test(arguments: [
        "Nov 20 18:00:00.250 host postfix/qmgr[12]: 4A1: removed",
        "Nov 20 18:00:00 <mail.info> host postfix/qmgr[12]: 4A1: removed",
        "<22>Nov 20 18:00:00 host postfix/qmgr[12]: 4A1: removed",
        "Nov 20 18:00:00 host postfix/qmgr[12]: 4A1: removed\r",
        "2026-11-20 18:00:00 host postfix/qmgr[12]: 4A1: removed",
        "2026-11-20T18:00:00,250 host postfix/qmgr[12]: 4A1: removed",
    ])
    func `stamps of other loggers are read`(line: String) throws {
        let found = try entries([("mail.log", line + "\n", "2026-11-21T00:00:00Z")])
        #expect(found.map(\.time) == ["2026-11-20 18:00:00"])
        #expect(found.map(\.identifier) == ["postfix/qmgr"])
        #expect(found.map(\.message) == ["4A1: removed"])
    }

    @Test(arguments: ["+0000", "+00:00", "Z", ".000001+0000"])
    func `a zone is read with and without its colon`(zone: String) throws {
        let line = "2026-11-20T18:00:00\(zone) host postfix/qmgr[12]: 4A1: removed"
        let bytes = Array(line.utf8)
        let range = ByteRange(start: 0, end: bytes.count)
        let stamp = try #require(LogFrame(line: range, in: bytes)?.stamp)
        var stamps = SyslogStamps(year: 1970)
        let time = stamps.time(stamp)
        #expect(time?.seconds == Timestamp(rfc3339: "2026-11-20T18:00:00Z")?.seconds)
    }

    @Test func `a folded line counts as often as it came`() throws {
        let text = """
            Nov 20 18:00:01 host postfix/smtpd[4]: connect from a
            Nov 20 18:00:02 host postfix/smtpd[4]: message repeated 3 times: [ connect from a]
            """
        let found = try entries([("mail.log", text, "2026-11-21T00:00:00Z")])
        #expect(found.map(\.message) == Array(repeating: "connect from a", count: 4))
    }

    @Test func `a 29 February is of a leap year`() throws {
        let text = "Feb 29 12:00:00 host postfix/qmgr[12]: 4A1: removed"
        let found = try entries([("mail.log", text, "2026-11-21T00:00:00Z")])
        #expect(found.map(\.time) == ["2024-02-29 12:00:00"])
    }

    @Test func `a file that nobody understands is said, with its first lines`() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-syslog-\(UUID().uuidString)").path
        try Data(
            "{\"a\":1}\nwhat is this\n\nNov 20 18:00:00 h postfix/qmgr[1]: 4A1: removed\n".utf8
        )
        .write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var reader = try SyslogFiles([path], since: nil)
        var batch = EntryBatch()
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        var grammar = ReadAhead(settings: settings)
        while try reader.read(into: &batch, limit: 3) {
            grammar.read(&batch)
            reader.judge(batch)
        }
        #expect(reader.damage.count == 1 && !reader.isUnderstood)
        #expect(reader.damage.first?.hasPrefix("cannot read 2 of 3 lines of '") == true)
        #expect(reader.damage.first?.hasSuffix(#"The first: '{"a":1}', 'what is this'"#) == true)
    }

    /// What `reader` reads, to its end.
    private func everything(_ paths: [String]) throws -> (messages: [String], isUnderstood: Bool) {
        var reader = try SyslogFiles(paths, since: nil)
        var batch = EntryBatch()
        var found: [String] = []
        while try reader.read(into: &batch, limit: 3) {
            found += batch.entries.map { batch.text($0.identifier) + ": " + batch.text($0.message) }
        }
        return (found, reader.isUnderstood)
    }

    @Test(arguments: [[], ["gzip", "-c"], ["xz", "-c"]])
    func `a pipe is read as a file is, packed or not, whatever it is called`(packer: [String])
        throws
    {
        let line = "Nov 20 18:00:00 host postfix/qmgr[12]: 4A1: removed"
        let text = (0..<5000).map { _ in line + "\n" }.joined()
        let packed =
            packer.isEmpty
            ? Array(text.utf8)
            : try Tool("/usr/bin/env", packer).run(input: Array(text.utf8)).output
        let pipe = Pipe()
        let writing = Thread {
            try? pipe.fileHandleForWriting.write(contentsOf: Data(packed))
            try? pipe.fileHandleForWriting.close()
        }
        writing.start()
        let path = "/proc/self/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let found = try everything([path])
        #expect(found.messages.count == 5000)
        #expect(Set(found.messages) == ["postfix/qmgr: 4A1: removed"])
        #expect(found.isUnderstood)
        let file = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-syslog-\(UUID().uuidString).2").path
        try Data(packed).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try everything([file]).messages.count == 5000)
    }

    @Test func `Exim's own log is read, in both lengths of its ids`() throws {
        let lines = [
            "2026-11-20 18:00:00 1r6Bwb-000000002h3-2n4V <= ann@example.org H=mx.example.net [192.0.2.7] P=esmtp S=900",
            "2026-11-20 18:00:01 [4711] 1r6Bwb-0000aB-2n => bob@example.net R=dnslookup T=remote_smtp",
            "2026-11-20 18:00:02 1r6Bwb-000000002h3-2n4V Completed",
        ]
        let file = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-syslog-\(UUID().uuidString)").path
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let found = try everything([file])
        #expect(found.messages == lines.map { "exim: " + $0 })
        #expect(found.isUnderstood)
    }

    @Test func `the year turns where December turns into January`() throws {
        let text = """
            Dec 31 23:59:58 host postfix/qmgr[12]: 4A1: removed
            Jan  1 00:00:01 host postfix/qmgr[12]: 4A2: removed

            """
        let found = try entries([("mail.log", text, "2026-01-03T12:00:00Z")])
        #expect(found.map(\.time) == ["2025-12-31 23:59:58", "2026-01-01 00:00:01"])
        #expect(found.map(\.message) == ["4A1: removed", "4A2: removed"])
        #expect(found.map(\.identifier) == ["postfix/qmgr", "postfix/qmgr"])
    }

    @Test func `a December file that was rotated in January is last year's`() throws {
        let text = "Dec 30 10:00:00 host postfix/qmgr[12]: 4A1: removed\n"
        let found = try entries([("mail.log.1", text, "2026-01-04T06:25:00Z")])
        #expect(found.map(\.time) == ["2025-12-30 10:00:00"])
    }

    @Test func `files are read oldest first, compressed ones too`() throws {
        let found = try entries([
            ("mail.log", "Nov 20 10:00:00 h postfix/qmgr[1]: C: removed\n", "2026-11-20T12:00:00Z"),
            (
                "mail.log.2.plain", "Nov  6 10:00:00 h postfix/qmgr[1]: A: removed\n",
                "2026-11-07T12:00:00Z"
            ),
            (
                "mail.log.1", "Nov 13 10:00:00 h postfix/qmgr[1]: B: removed\n",
                "2026-11-14T12:00:00Z"
            ),
        ])
        #expect(found.map(\.message) == ["A: removed", "B: removed", "C: removed"])
    }

    @Test func `stamps that name their year need no guess`() throws {
        let text = "2024-02-29T23:59:59.5+00:00 host postfix/smtp[9]: 4A1: to=<a@b.example>\n"
        let found = try entries([("mail.log", text, "2026-01-04T06:25:00Z")])
        #expect(found.map(\.message) == ["4A1: to=<a@b.example>"])
    }

    @Test func `what is no log line is passed over`() throws {
        let text = """
            garbage
            Nov 20 10:00:00
            Nov 99 10:00:00 host postfix/qmgr[1]: day
            Nov 20 10:00:00 host no-colon
            Nov 20 10:00:00 host postfix/qmgr[x: bracket
            Nov 20 25:00:00 host postfix/qmgr[1]: hour
            \u{0}\u{FF}
            Nov 20 10:00:00 host postfix/qmgr[1]: 4A1: removed
            Nov 20 10:00:00 host exim: no pid
            """
        let found = try entries([("mail.log", text, "2026-11-20T12:00:00Z")])
        #expect(found.map(\.message) == ["4A1: removed", "no pid"])
    }

    @Test func `--since leaves out what is earlier`() throws {
        let text = "2026-01-01T00:00:00Z h a: 1\n2026-01-02T00:00:00Z h a: 2\n"
        let found = try entries(
            [("mail.log", text, "2026-01-04T06:25:00Z")],
            since: Timestamp(rfc3339: "2026-01-01T12:00:00Z")
        )
        #expect(found.map(\.message) == ["2"])
    }

    @Test func `a line of a megabyte is cut and the next one is whole`() throws {
        let long = String(repeating: "x", count: 1 << 20)
        let text =
            "Nov 20 10:00:00 h a[1]: \(long)\nNov 20 10:00:01 h a[1]: next\n"
        let found = try entries([("mail.log", text, "2026-11-20T12:00:00Z")])
        #expect(found.count == 2)
        #expect(found[0].message.utf8.count <= EntryBatch.longestField)
        #expect(found[1].message == "next")
    }

    @Test func `a file that is missing is named`() {
        let error = #expect(throws: Failure.self) {
            try SyslogFiles(["/nonexistent/mail.log"], since: nil)
        }
        #expect(
            error?.message
                == "cannot open '/nonexistent/mail.log': no such file or directory (ENOENT)"
        )
    }
}
