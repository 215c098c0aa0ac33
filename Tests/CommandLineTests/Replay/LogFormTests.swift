// SPDX-License-Identifier: Apache-2.0
//
// The forms that lines of a log come in: loggers, containers, what people do to a file before they hand
// it on. Each is the same two lines of Postfix's, written by hand as the logger named writes them.

import EventTime
import Foundation
import MailLog
import Testing

@testable import listbreaker

@Suite struct `Forms of log files` {
    private static let message = "4C1A00090: removed"

    /// Forms of 20 November 2026, 18:00:00 UTC, and what they are.
    static let forms: [(what: String, line: String)] = [
        ("RFC 3164, no host", "Nov 20 18:00:00 postfix/qmgr[12]: "),
        ("RFC 3164, priority and no host", "<22>Nov 20 18:00:00 postfix/qmgr[12]: "),
        ("ISO, no host", "2026-11-20T18:00:00.000Z postfix/qmgr[12]: "),
        ("RFC 5424", "<22>1 2026-11-20T18:00:00.000000Z mx postfix/qmgr 12 - - "),
        ("RFC 5424, a message's id", "<22>1 2026-11-20T19:00:00+01:00 mx postfix/qmgr 12 ID47 - "),
        (
            "RFC 5424, data",
            #"<22>1 2026-11-20T18:00:00Z mx postfix/qmgr - - [a x="\"]\\"][b ip="::1"] "#
        ),
        (
            "RFC 5424, the mark of UTF-8",
            "<22>1 2026-11-20T18:00:00Z mx postfix/qmgr 12 - - \u{FEFF}"
        ),
        ("RFC 5424, priority left out", "2026-11-20T18:00:00Z mx postfix/qmgr 12 - - "),
        ("RFC 6587, counted", "103 <22>1 2026-11-20T18:00:00Z mx postfix/qmgr 12 - - "),
        ("a year before the time", "Nov 20 2026 18:00:00 mx postfix/qmgr[12]: "),
        ("a year behind the time", "Nov 20 18:00:00 2026 mx postfix/qmgr[12]: "),
        ("a year in front", "2026 Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("a weekday", "Fri Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("logread of OpenWrt", "Fri Nov 20 18:00:00 2026 mail.info postfix/qmgr[12]: "),
        ("syslogd of BusyBox", "Nov 20 18:00:00 mx mail.info postfix/qmgr[12]: "),
        ("syslogd of AIX", "Nov 20 18:00:00 mx mail:info postfix/qmgr[12]: "),
        ("FreeBSD, numbers", "Nov 20 18:00:00 <2.6> mx postfix/qmgr[12]: "),
        ("syslogd of Solaris", "Nov 20 18:00:00 mx postfix/qmgr[12]: [ID 197553 mail.info] "),
        ("syslog-ng, a zone's name", "Nov 20 18:00:00 UTC mx postfix/qmgr[12]: "),
        (
            "syslog-ng, a chain of hosts",
            "Nov 20 18:00:00 s_net@mx/mx.example.org postfix/qmgr[12]: "
        ),
        ("a host that is an address", "Nov 20 18:00:00 2001:db8::17 postfix/qmgr[12]: "),
        ("a network for a host", "Nov 20 18:00:00 2001:db8:: postfix/qmgr[12]: "),
        ("an address in brackets", "Nov 20 18:00:00 [192.0.2.7] postfix/qmgr[12]: "),
        ("a host and a colon", "Nov 20 18:00:00 mx: postfix/qmgr[12]: "),
        ("twelve hours", "Nov 20 06:00:00 PM mx postfix/qmgr[12]: "),
        ("tabs", "Nov 20 18:00:00\tmx\tpostfix/qmgr[12]:\t"),
        ("journalctl -o short-full", "Fri 2026-11-20 18:00:00 UTC mx postfix/qmgr[12]: "),
        ("journalctl -o short-unix", "1795197600.000000 mx postfix/qmgr[12]: "),
        ("a short zone", "2026-11-20T19:00:00+01 mx postfix/qmgr[12]: "),
        ("slashes", "2026/11/20 18:00:00 mx postfix/qmgr[12]: "),
        ("the basic form of ISO", "20261120T180000Z mx postfix/qmgr[12]: "),
        ("nanoseconds", "2026-11-20T18:00:00.000000123Z mx postfix/qmgr[12]: "),
        (
            "docker logs -t",
            "2026-11-20T18:00:00.000000123Z Nov 20 18:00:00 mail postfix/qmgr[12]: "
        ),
        ("docker compose", "mailserver-1  | Nov 20 18:00:00 mail postfix/qmgr[12]: "),
        (
            "docker compose, coloured",
            "\u{1b}[36mmail-1  |\u{1b}[0m 2026-11-20T18:00:00Z mail postfix/qmgr[12]: "
        ),
        (
            "Kubernetes",
            "2026-11-20T18:00:00.000000123Z stdout F Nov 20 18:00:00 mail postfix/qmgr[12]: "
        ),
        (
            "a container's line in the host's log",
            "Nov 20 18:00:00 host 3f2a9c81d0b4[812]: Nov 20 18:00:00 mail postfix/qmgr[12]: "
        ),
        (
            "docker's json-file",
            #"{"log":"2026-11-20T18:00:00Z mail postfix/qmgr[12]: "#
        ),
        ("grep -n", "12:Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("grep, several files", "/var/log/mail.log:Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("cat -n", "     3\tNov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("quoted in a mail", "> Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("indented", "    Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("a mark of the file's encoding", "\u{FEFF}Nov 20 18:00:00 mx postfix/qmgr[12]: "),
        ("zeros of a crash", "\u{0}\u{0}\u{0}Nov 20 18:00:00 mx postfix/qmgr[12]: "),
    ]

    /// What is read of a file that holds `bytes`, last written on 21 November 2026.
    private func read(_ bytes: Data) throws -> (lines: [String], damage: [String]) {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-forms-\(UUID().uuidString)").path
        try bytes.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let time = try #require(Timestamp(rfc3339: "2026-11-21T00:00:00Z")).seconds
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(time))],
            ofItemAtPath: path
        )
        var files = try SyslogFiles([path], since: nil)
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        var lines = ReadAhead(settings: settings)
        var batch = EntryBatch()
        var found: [String] = []
        while try files.read(into: &batch, limit: 3) {
            lines.read(&batch)
            files.judge(batch)
            found += batch.entries.map {
                "\($0.time.rfc3339) \(batch.text($0.identifier)): \(batch.text($0.message))"
            }
        }
        return (found, files.damage + [files.complaint].compactMap(\.self))
    }

    @Test(arguments: forms)
    func `one line is read by all who read text`(what: String, line: String) throws {
        let isJSON = line.hasPrefix("{")
        let text = line + Self.message + (isJSON ? #"\n","stream":"stdout"}"# : "")
        let found = try read(Data("\(text)\n\(text)  \r\n".utf8))
        // Forms without a zone are of the process's, which tests leave at UTC or as it is.
        #expect(found.damage.isEmpty, "\(what): \(found.damage)")
        #expect(found.lines.count == 2)
        #expect(found.lines.allSatisfy { $0.hasSuffix(" postfix/qmgr: \(Self.message)") })
        let hasZone = line.contains("Z ") || line.contains("+01") || line.contains("1795197600")
        if hasZone { #expect(found.lines.allSatisfy { $0.hasPrefix("2026-11-20T18:00:00") }) }
        // `parse` has the same reader of files.
        guard !isJSON else { return }
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        let bytes = Array(text.utf8)
        let (event, _) = LineReader(settings: settings).reading(
            line: ByteRange(start: 0, end: bytes.count),
            in: bytes,
            time: Timestamp(seconds: 0)
        )
        #expect(event.kind == .removed, "\(what)")
    }

    @Test(arguments: [
        "[1706400.000000] mx postfix/qmgr[12]: ", "nov. 20 18:00:00 mx postfix/qmgr[12]: ",
        "11/20/2026 18:00:00 mx postfix/qmgr[12]: ", "postfix/qmgr[12]: ",
        "2026-11-20T18:00:00Z mx postfix ", "", #"{"__REALTIME_TIMESTAMP":"1","MESSAGE":""#,
    ])
    func `what is not read is said, with its first lines`(line: String) throws {
        let text = line + Self.message
        let found = try read(Data("\(text)\n\(text)\n".utf8))
        #expect(found.lines.isEmpty)
        #expect(found.damage.first?.hasPrefix("cannot read 2 of 2 lines of '") == true)
        #expect(found.damage.first?.contains(text.prefix(10)) == true)
    }

    @Test func `escapes of docker's json-file are taken out`() {
        let line = #"{"log":"a \u003cb@c\u003e \"q\" \\ \u00fc \ud83d\ude00\n","stream":"stdout"}"#
        let text = DockerLine.text(Array(line.utf8)[...])
        #expect(text.map { String(decoding: $0, as: UTF8.self) } == #"a <b@c> "q" \ ü 😀"#)
        for cut in [#"{"log":"a"#, #"{"log":"\"#, #"{"log":"\u00"#, #"{"lag":"a"}"#] {
            #expect(DockerLine.text(Array(cut.utf8)[...]) == nil)
        }
    }

    @Test func `lines of mail programs that have no form we know are said`() throws {
        let line = "Nov 20 18:00:00 mx postfix/qmgr[12]: 4C1A00090: quite another thing"
        let found = try read(Data("\(line)\n\(line)\n".utf8))
        #expect(
            found.damage.first?.hasPrefix("cannot understand 2 of 2 mail lines of '") == true,
            "\(found.damage)"
        )
    }

    /// What scanners, encryption and policy servers leave, in lines written by hand as the servers do.
    @Test(arguments: [
        [
            "2026-11-20 18:00:00 no host name found for IP address 192.0.2.1",
            #"2026-11-20 18:00:00 SMTP syntax error in "GET / HTTP/1.1" H=[192.0.2.1] unrecognized command"#,
            "2026-11-20 18:00:00 TLS error on connection from [192.0.2.1] (SSL_accept): error:1",
            "2026-11-20 18:00:01 1r6Bwb-000000002h3-2n4V DKIM: d=b s=x c=relaxed/relaxed a=rsa-sha256",
        ],
        [
            "Nov 20 18:00:00 mx sm-mta[9]: STARTTLS=client, relay=mx.example.net., version=TLSv1.3",
            "Nov 20 18:00:00 mx sm-mta[9]: rejecting connections on daemon MTA-v4: load average: 12",
        ],
        [
            "Nov 20 18:00:00 mx postfix/policy-spf[9]: Policy action=PREPEND Received-SPF: pass",
            "Nov 20 18:00:00 mx postfix/smtp[9]: Verified TLS connection reused to mx[192.0.2.1]:25: x",
            "Nov 20 18:00:00 mx postfix/smtp[9]: 4C1A00090: Server certificate not verified",
        ],
        ["Nov 20 18:00:00 mx smtpd[9]: smtp-out: Enabling route [] <-> 192.0.2.1 (mx)"],
    ])
    func `what a busy host's log is full of is no loss`(lines: [String]) throws {
        let found = try read(Data((lines.joined(separator: "\n") + "\n").utf8))
        #expect(found.lines.count == lines.count)
        #expect(found.damage.isEmpty, "\(found.damage)")
    }

    @Test func `a file without a mail line says nothing of trips`() throws {
        let found = try read(
            Data("Nov 20 18:00:00 mx sshd[1]: bye\nNov 20 18:00:01 mx cron: x\n".utf8)
        )
        #expect(found.lines.count == 2)
        #expect(
            found.damage == ["not one line of a mail server was found: no trip says nothing"]
        )
        #expect(try read(Data()).damage.count == 1)
    }

    @Test func `the logger's own lines are no loss`() throws {
        let text = """
            -- Boot 3f2a9c81d0b44c1aa0f27d6c2f7b9e11 --
            Nov 20 18:00:00 mx -- MARK --
            Nov 20 18:00:00 mx postfix/qmgr[12]: 4C1A00090: removed
            Nov 20 18:00:01 mx last message repeated 2 times

            """
        let found = try read(Data(text.utf8))
        #expect(found.lines.count == 1 && found.damage.isEmpty)
    }

    @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16])
    func `text as Windows saves it is read`(encoding: String.Encoding) throws {
        let line = "Nov 20 18:00:00 mx postfix/qmgr[12]: \(Self.message)\r\n"
        let found = try read(try #require((line + line).data(using: encoding)))
        #expect(found.lines.count == 2 && found.damage.isEmpty)
    }

    @Test func `a carriage return alone ends a line where nothing else does`() throws {
        let line = "Nov 20 18:00:00 mx postfix/qmgr[12]: \(Self.message)\r"
        let found = try read(Data((line + line).utf8))
        #expect(found.lines.count == 2 && found.damage.isEmpty)
    }

    @Test func `Exim's own log is read without ids too, with milliseconds, zone and process`()
        throws
    {
        let text = """
            2026-11-20 18:00:00.123 +0000 [4711] Start queue run: pid=4711
            2026-11-20 18:00:00.223 +0000 [4711] 1r6Bwb-000000002h3-2n4V <= ann@example.org H=mx [192.0.2.7] P=esmtp S=900
            2026-11-20 18:00:01.001 +0000 [4712] H=(pc) [192.0.2.9] F=<a@example.org> rejected RCPT <b@example.net>: relay not permitted
            2026-11-20 18:00:02.500 +0000 [4711] 1r6Bwb-000000002h3-2n4V Completed

            """
        let found = try read(Data(text.utf8))
        #expect(found.lines.count == 4)
        #expect(found.lines.first?.hasPrefix("2026-11-20T18:00:00.123Z exim: 2026-11-20 ") == true)
        #expect(found.damage.isEmpty, "\(found.damage)")
    }

    @Test func `a stamp that names its year dates those before it`() throws {
        let text = """
            Feb 20 18:00:00 mx postfix/qmgr[12]: 4C1A00090: removed
            2025-02-20T18:30:00Z mx postfix/qmgr[12]: 4C1A00091: removed

            """
        let found = try read(Data(text.utf8))
        #expect(found.lines.first?.hasPrefix("2025-02-20T") == true)
    }

    @Test func `what a container prints in strangers' words becomes no line of Postfix's`() {
        for text in [
            "amavis: Nov 20 18:00:00 mx postfix/qmgr[12]: \(Self.message)",
            "amavis: postfix/qmgr[12]: \(Self.message)",
            "Nov 20 18:00:00 amavis: postfix/qmgr[12]: \(Self.message)",
            "Nov 20 18:00:00 mx amavis[9]: Nov 20 18:00:00 mx postfix/qmgr[12]: \(Self.message)",
        ] {
            let bytes = Array(text.utf8)
            let entry = LineReader.entry(
                line: ByteRange(start: 0, end: bytes.count),
                in: bytes,
                time: Timestamp(seconds: 0)
            )
            let name = entry.map { bytes[Int($0.identifier.start)..<Int($0.identifier.end)] }
            #expect(name.map { String(decoding: $0, as: UTF8.self) } == "amavis", "\(text)")
        }
    }
}
