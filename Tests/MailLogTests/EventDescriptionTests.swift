// SPDX-License-Identifier: Apache-2.0
//
// What `listbreaker parse` prints is one line of JSON, whatever the log line held.

import EventTime
import MailLog
import Testing

@Suite struct EventDescriptionTests {
    static func json(_ line: [UInt8]) -> String {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        let (event, identifier) = LineReader(settings: settings).reading(
            line: ByteRange(start: 0, end: line.count),
            in: line,
            time: Timestamp(microseconds: 0)
        )
        return EventDescription(event, identifier: identifier, in: line).json
    }

    @Test func `a delivery is shown under its documented names`() {
        let line =
            "Nov 24 06:21:44 host postfix/smtp[9]: ABCDEF0123: to=<a@example.net>, "
            + "relay=mx.example.net[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.1/0.3, dsn=2.0.0, "
            + "status=sent (250 ok)"
        #expect(
            Self.json(Array(line.utf8)) == """
                {"program": "postfix/smtp", "event": "delivery", "queue_id": "ABCDEF0123", \
                "to": "a@example.net", "relay": "mx.example.net[192.0.2.1]:25", \
                "relay_host": "mx.example.net", "relay_ip": "192.0.2.1", "relay_port": 25, \
                "delay": 0.5, "delays": "0.1/0/0.1/0.3", "dsn": "2.0.0", "status": "sent", \
                "response": "250 ok"}
                """
        )
    }

    @Test func `controls, line separators and broken UTF-8 cannot leave the string`() {
        let line =
            Array("postfix/cleanup: ABCDEF0123: message-id=<".utf8) + [0x1b, 0xff, 0x22, 0x5c]
            + Array("\u{2028}\u{202e}\u{85}>".utf8)
        #expect(
            Self.json(line).hasSuffix(
                "\"message_id\": \"\\u001b\u{fffd}\\\"\\\\\\u2028\\u202e\\u0085\"}"
            )
        )
    }

    @Test func `stamps of three kinds and none are skipped`() {
        let message = "postfix/qmgr[1]: ABCDEF0123: removed"
        let stamps = [
            "", "Nov  4 06:21:44 host ", "2026-11-24T06:21:44.123456+01:00 host ",
            "<22>Nov 24 06:21:44 host ", "Nov 24 2026 06:21:44 host ", "Nov 24 06:21:44 ",
        ]
        for stamp in stamps {
            #expect(Self.json(Array((stamp + message).utf8)).contains("\"event\": \"removed\""))
        }
    }

    @Test func `a line without a program says so`() {
        #expect(
            Self.json(Array("what is this".utf8))
                == "{\"program\": \"unknown\", \"event\": \"other\", \"reason\": \"no program name\"}"
        )
    }
}
