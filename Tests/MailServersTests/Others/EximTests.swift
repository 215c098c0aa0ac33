// SPDX-License-Identifier: Apache-2.0
//
// Exim's configuration with the halt in it and out of it again, its listing, and which mail server
// is chosen. Whether mail stops is shown against the real Exim in a booted Debian (Tests/EndToEnd).

import Glibc
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct EximTests {
    private static let configuration = """
        # A site's Exim.
        domainlist local_domains = @ : lists.example.org
        log_selector = +tls_peerdn
        hide timeout_frozen_after = 1w
          auto_thaw = 2h
        hold_domains = slow.example.net : \\
          # one of them went
          slower.example.net : \\
          slowest.example.net
        ignore_bounce_errors_after = 2d
        message_logs
        #hold_domains = off

        begin acl
        acl_check:
          accept

        begin routers
        remote:
          driver = dnslookup
          transport = smtp

        begin retry
        *  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h

        """

    private func lines(_ text: [UInt8]) -> [Substring] {
        String(decoding: text, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
    }

    @Test func `a halted configuration sets each option once and keeps what was held`() {
        let halted = EximConfiguration.halted(Array(Self.configuration.utf8), before: "slow : b")
        let live = lines(halted).filter { !$0.hasPrefix("#") }
        for option in ["hold_domains", "auto_thaw", "timeout_frozen_after"] {
            #expect(live.count { $0.contains("\(option) =") } == 1, "\(option)")
        }
        #expect(live.contains("domainlist listbreaker_before = slow : b"))
        #expect(live.contains("hold_domains = +listbreaker_before : ! +local_domains"))
        #expect(!live.contains { $0.contains("slowest.example.net") })
        #expect(live.contains("log_selector = +tls_peerdn") && live.contains("message_logs"))
        #expect(EximConfiguration.isHalted(halted))
    }

    @Test func `a forced run meets a router first, and nothing is given up`() throws {
        let halted = lines(EximConfiguration.halted(Array(Self.configuration.utf8), before: ""))
        let routers = try #require(halted.firstIndex(of: "begin routers"))
        #expect(halted[routers + 2] == "listbreaker_halt:")
        let retry = try #require(halted.firstIndex(of: "begin retry"))
        #expect(halted[retry + 2] == "*  *  F,520w,1s")
    }

    @Test(arguments: [
        configuration, "", "begin routers\n", "hold_domains = x\nbegin routers\nbegin retry\n",
        "no_prod_requires_admin\n", "# only a comment\n",
    ])
    func `taken out again, the configuration is byte for byte what it was`(text: String) {
        let before = Array(text.utf8)
        let halted = EximConfiguration.halted(before, before: "")
        let after = EximConfiguration.resumed(halted)
        // A configuration without retry rules gets them after a blank line of ours.
        let tail: [UInt8] = text.contains("begin retry") ? [] : [0x0a]
        #expect(after == before + tail)
        #expect(EximConfiguration.resumed(before) == nil)
    }

    @Test func `without a list of local domains everything is held`() {
        let halted = lines(EximConfiguration.halted(Array("begin routers\n".utf8), before: ""))
        #expect(halted.contains("hold_domains = *") && halted.contains("  domains = *"))
    }

    @Test func `a block that lost its end is not guessed at`() {
        let text = Array("\(EximConfiguration.firstLine)\nhold_domains = *\n".utf8)
        #expect(EximConfiguration.resumed(text) == nil)
    }

    @Test func `the listing tells frozen from waiting, and whom each is for`() {
        let text = """
            25m  2.9K 1xVnw5-0000DM-35 <news@lists.example.org>
                      annonce@lists.example.org
                      25m  2.9K 1xVnw5-0000DM-35 <forged@example.net> *** frozen ***

             0m   345 1xVnwA-0000Dk-02 <> *** frozen ***
                      a@example.net

             4d   12M 1xVnwB-0000Dk-02 <"odd> *** frozen ***"@example.net> (uucp)
                      b@example.net
            """
        var found: [QueuedMessage] = []
        var listing = EximListing { found.append($0) }
        for byte in text.utf8 { listing.feed([byte]) }
        listing.finish()
        #expect(found.map(\.queue) == ["input", "hold", "input"])
        #expect(
            found.map { $0.id?.text } == [
                "1xVnw5-0000DM-35", "1xVnwA-0000Dk-02", "1xVnwB-0000Dk-02",
            ]
        )
        #expect(found.map(\.sender).prefix(2) == ["news@lists.example.org", "MAILER-DAEMON"])
        #expect(found.map(\.recipients) == [2, 1, 1])
        #expect(found.map(\.size) == [2969, 345, 12 << 20])
        // The first six characters, in base 62.
        #expect(found[0].arrival == 1_795_516_781)
    }

    @Test func `the settings name the mail server and later words win`() {
        var choice = HaltChoice()
        choice.apply("[Journal]\nMTA=postfix\n[Halt]\n# MTA=exec\nMTA = exim\n")
        #expect(choice == HaltChoice(mta: .exim))
        choice.apply("[Halt]\nMTA=exec\nScript=/etc/listbreaker/halt\n[Paging]\nMTA=exim\n")
        #expect(choice == HaltChoice(mta: .exec, script: "/etc/listbreaker/halt"))
        choice.apply("[Halt]\nMTA=auto\n")
        #expect(choice.mta == nil)
    }

    @Test func `a process is read as proc shows it`() throws {
        let mine = try #require(ProcessTable.process(getpid()))
        #expect(mine.parent == getppid() && mine.uid == geteuid() && mine.state != "Z")
        #expect(mine.started <= ProcessTable.now)
        #expect(ProcessTable.named([mine.name]).contains { $0.pid == mine.pid })
    }
}
