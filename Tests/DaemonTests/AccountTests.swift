// SPDX-License-Identifier: Apache-2.0
//
// Who did something, by name: accounts of this host, and whom sudo hides.

import Breaker
import EventTime
import Testing

@testable import Daemon

@Suite struct `Who did it` {
    @Test func `an account is named, and one that there is not is not`() {
        #expect(Account.name(of: 0, login: nil) == "root")
        #expect(Account.name(of: 4_000_000_001, login: nil) == nil)
        #expect(Account.name(of: 4_000_000_001, login: 0) == nil)
    }

    @Test func `root says who logged in, and nobody else is believed`() {
        #expect(Account.name(of: 0, login: 65534) == "root, logged in as nobody")
        #expect(Account.name(of: 0, login: 4_000_000_001) == "root, logged in as uid 4000000001")
        #expect(Account.name(of: 0, login: 0) == "root")
        #expect(Account.name(of: 0, login: Account.noLogin) == "root")
        #expect(Account.name(of: 65534, login: 0) == "nobody")
        #expect(Account.name(of: 65534, login: 4_000_000_001) == "nobody")
    }

    @Test func `without a name the number stands`() {
        #expect(Audit(uid: 7, time: Timestamp(seconds: 1), reason: "").who == "uid 7")
        #expect(Audit(uid: 7, time: Timestamp(seconds: 1), reason: "", name: "ines").who == "ines")
    }
}
