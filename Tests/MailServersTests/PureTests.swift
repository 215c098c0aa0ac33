// SPDX-License-Identifier: Apache-2.0
//
// The pure parts by table: services, the block's text, the ledger's lines, time values.

import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct PureTests {
    @Test func `every clone of smtp is outbound and lmtp, pipe and filters here are not`() {
        let table = """
            smtp       inet  n       -       y       -       -       smtpd
            smtp       unix  -       -       y       -       -       smtp
            relay      unix  -       -       y       -       -       smtp -o syslog_name=x
            slow       unix  -       -       n       -       2       smtp
            out-2      unix  -       -       n       -       -       smtp -o smtp_bind_address=::1
            smtp-amavis unix -       -       n       -       2       smtp -o smtp_data_done_timeout=1200
            away-scan  unix -        -       n       -       2       smtp
            lmtp       unix  -       -       y       -       -       lmtp
            mailman    unix  -       n       n       -       -       pipe flags=FRX user=list
            error      unix  -       -       y       -       -       error
            """
        let services = ClientServices(
            table: table,
            filters: ["smtp-amavis:[127.0.0.1]:10024", "away-scan:[192.0.2.7]:10024", ""],
            routes: ["smtp", "relay"]
        )
        #expect(services.outbound == ["smtp", "relay", "slow", "out-2", "away-scan"])
        #expect(services.filters == ["smtp-amavis"])
    }

    @Test func `a filter that is also a route stays outbound`() {
        let table = "scan unix - - n - 2 smtp\nsmtp unix - - n - - smtp"
        let services = ClientServices(
            table: table,
            filters: ["scan:[127.0.0.1]:10024", "smtp:localhost:10024"],
            routes: ["scan:[192.0.2.1]"]
        )
        #expect(services.outbound == ["scan", "smtp"])
    }

    @Test(arguments: [
        ("5d", 432_000), ("5", 432_000), ("4h", 14_400), ("30s", 30), ("2w", 1_209_600),
    ])
    func `a time value of postconf is read in seconds`(text: String, seconds: Int64) {
        #expect(PostfixInstance.seconds(text) == seconds)
    }

    @Test(arguments: ["", "d", "5y", "99999999999999999999d", "9223372036854775807w"])
    func `a time value that makes no sense is none`(text: String) {
        #expect(PostfixInstance.seconds(text) == nil)
    }

    @Test func `the ledger counts what postsuper said and nothing else`() throws {
        var content = LedgerContent()
        for line in [
            "begin 100", "foreign F0RE1GN", "postsuper: name_mask: ipv4",
            "postsuper: renamed file deferred/A/AB777FEE1E1 as hold/AB777FEE1E1",
            "postsuper: renamed file hold/C0FFEE1 as deferred/C0FFEE1",
            "postsuper: renamed file active/D00D15 as hold/D/D00D15",
            "postsuper: BEEF123: placed on hold", "postsuper: Placed on hold: 3 messages", "end",
            "mail AB777FEE1E1 99 a%20b@x.example", "mail 0THER12 99 nobody@x.example",
            "gone D00D15", "postsuper: renamed file deferred/E/E1",
        ] {
            content.apply(Array(line.utf8)[...])
        }
        let ids = ["AB777FEE1E1", "BEEF123"].compactMap { QueueID($0) }
        #expect(content.entries.keys.sorted() == ids)
        #expect(content.entries[ids[0]] == .init(arrival: 99, sender: "a b@x.example"))
        #expect(content.unfinished == nil)
    }

    @Test func `a command without its end is known with what it meant to do`() {
        var content = LedgerContent()
        for line in ["begin 100", "foreign F0RE1GN", "want A1B2C3"] {
            content.apply(Array(line.utf8)[...])
        }
        #expect(content.unfinished?.began == 100)
        #expect(content.unfinished?.foreign.map(\.text) == ["F0RE1GN"])
        #expect(content.unfinished?.wanted.map(\.text) == ["A1B2C3"])
    }

    @Test(arguments: ["", "-", "plain@x.example", "a b\n\"%41\"@é.example", "\u{0}\u{7f}"])
    func `any sender survives the ledger`(sender: String) {
        let word = LedgerText.encode(sender)
        #expect(!word.contains(" ") && !word.contains("\n"))
        #expect(LedgerText.decode(Substring(word).utf8) == sender)
    }
}
