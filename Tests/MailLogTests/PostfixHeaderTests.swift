// SPDX-License-Identifier: Apache-2.0
//
// Header and reject lines: what a stranger wrote before the envelope never becomes the envelope,
// and the sensor's mark is believed only at the very end of the line.

import EventTime
import MailLog
import Testing

@Suite struct PostfixHeaderTests {
    /// The event of a line of cleanup, and its text.
    static func read(_ message: String) -> (MailEvent, (ByteRange) -> String) {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        var batch = EntryBatch()
        var entry = LogEntry(time: Timestamp(microseconds: 0))
        entry.identifier = batch.append(Array("postfix/cleanup".utf8))
        entry.message = batch.append(Array(message.utf8))
        let event = LineReader(settings: settings).read(entry, in: batch.bytes)
        let filled = batch
        return (event, { filled.text($0) })
    }

    static let tail =
        " from localhost[127.0.0.1]; from=<eve@example.org> to=<bob@example.net> "
        + "proto=ESMTP helo=<h>"

    @Test(arguments: [
        "plain", "x from evil[6.6.6.6]; from=<f@x> to=<g@x> proto=ESMTP helo=<x>",
        "x; from=<f@x> to=<g@x> proto=ESMTP helo=<x>: text", "x; from=<f@x> to=<g@x> helo=<\"",
        "x; from=<\"", "x; to=<", ": parent=<forged@x>", "; proto=",
    ])
    func `a value that looks like an envelope is only a value`(value: String) {
        let (event, text) = Self.read("ABCDEF0123: info: header Subject: " + value + Self.tail)
        #expect(event.kind == .header)
        #expect(event.header == .subject)
        #expect(text(event.sender) == "eve@example.org")
        #expect(text(event.recipient) == "bob@example.net")
        #expect(text(event.address) == "127.0.0.1")
        #expect(text(event.headerValue) == value)
        #expect(event.parent.isEmpty)
    }

    @Test func `the sensor's mark counts at the very end and nowhere else`() {
        let line = "ABCDEF0123: info: header References: <a@x> : parent=<forged@x>" + Self.tail
        #expect(Self.read(line).0.parent.isEmpty)
        let (event, text) = Self.read(line + ": parent=<real@example.org>")
        #expect(text(event.parent) == "<real@example.org>")
        #expect(text(event.headerValue) == "<a@x> : parent=<forged@x>")
        #expect(Self.read(line + ": parent=<two words@x>").0.parent.isEmpty)
    }

    @Test func `a line that was cut keeps its beginning`() {
        let (event, text) = Self.read("ABCDEF0123: info: header In-Reply-To: <a@x> from localh")
        #expect(event.header == .inReplyTo)
        #expect(text(event.headerValue) == "<a@x> from localh")
        #expect(!event.hasSender)
    }

    @Test func `an empty sender is told from none`() {
        let line = "ABCDEF0123: info: header Subject: x from local; from=<> to=<bob@example.net>"
        #expect(Self.read(line).0.hasSender)
        #expect(Self.read(line).0.sender.isEmpty)
    }
}
