// SPDX-License-Identifier: Apache-2.0
//
// fleet.conf: what is read, and each complaint with its line.

import Fleet
import Testing

@Test func `the settings of a fleet are read`() throws {
    let settings = try FleetSettings(
        """
        # of our three hosts
        [Fleet]
        Host=mx3.example.org
          Domains = example.org lists.example.net
        Brokers=b1.example.org [2001:db8::1]:8884 192.0.2.7:1
        Key=/etc/ssl/private/fleet.key\r
        """
    )
    #expect(settings.host == "mx3.example.org")
    #expect(settings.domains == ["example.org", "lists.example.net"])
    #expect(
        settings.brokers.map(\.text) == [
            "b1.example.org:8883", "[2001:db8::1]:8884", "192.0.2.7:1",
        ]
    )
    #expect(settings.key == "/etc/ssl/private/fleet.key")
    #expect(settings.authority == FleetSettings().authority)
    #expect(!settings.isJudge)
}

@Test(arguments: [("yes", true), ("no", false)])
func `a host is a judge where it says so`(word: String, isJudge: Bool) throws {
    let text = "[Fleet]\nHost=a\nDomains=b.example\nBrokers=c\nJudge="
    #expect(try FleetSettings(text + word).isJudge == isJudge)
    let error = #expect(throws: FleetSettingsError.self) { try FleetSettings(text + "maybe") }
    #expect(error?.complaints == ["line 5: Judge= is yes or no"])
}

@Test func `whatever is wrong is said at once, with its line`() {
    let text = """
        Host=early
        [Fleet]
        Host=UPPER
        Domain=example.org
        Domains=*
        Brokers=a b c d
        Key=host.key
        nonsense
        [Other]
        """
    let error = #expect(throws: FleetSettingsError.self) { try FleetSettings(text) }
    #expect(
        error?.complaints == [
            "line 1: before [Fleet]",
            "line 3: Host= has at most 64 of a-z, 0-9, '.', '-', '_'",
            "line 4: there is no key 'Domain'",
            "line 5: Domains= has domains in lower case, with blanks between",
            "line 6: Brokers= has one to three different HOST:PORT, with blanks between",
            "line 7: Key= is a full path",
            "line 8: not 'Key=value'",
            "line 9: the only section is [Fleet]",
            "Host= is missing: this host's name in the fleet",
            "Domains= is missing: the domains whose lists other hosts may have held here",
            "Brokers= is missing: one to three, HOST:PORT",
        ]
    )
    for broker in ["", ":1", "a:0", "a:65536", "a:x", "a b", "[::1", "a/b", "x:1:2"] {
        #expect(BrokerAddress(broker) == nil, "\(broker)")
    }
}
