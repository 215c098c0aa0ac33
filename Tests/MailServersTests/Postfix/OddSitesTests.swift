// SPDX-License-Identifier: Apache-2.0
//
// Ways in which a site may have set up its Postfix: where its queue files lie and what they are called, how
// its settings are written. The list's mail stops and comes back once with each of them, all else flows.

import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct OddSitesTests {
    static let sites = [
        "enable_long_queue_ids = yes",
        "enable_long_queue_ids = yes\nhash_queue_names = active deferred defer incoming hold\n"
            + "hash_queue_depth = 2",
        "hash_queue_names = incoming, active, deferred, bounce, defer, flush, hold\nhash_queue_depth = 3",
        "hash_queue_names = defer",
        "recipient_delimiter = +-",
        "recipient_delimiter =",
        "compatibility_level = 2",
        "compatibility_level = 1\nappend_dot_mydomain = yes\nrelay_domains = $mydestination",
        "smtpd_delay_open_until_valid_rcpt = no",
        "mydestination = $myhostname,\n  local.test\n# a remark within the value\n\thost.local.test",
        "header_checks = regexp:{ {/^X-Site:/ WARN} }\nbody_checks = regexp:{ {/never/ HOLD} }",
        "authorized_mailq_users = nobody\nauthorized_flush_users = nobody",
        "default_process_limit = 2\nqmgr_message_active_limit = 20",
        "smtpd_recipient_restrictions = {ours}, permit_mynetworks, reject",
        "smtpd_recipient_restrictions = {ours},\n  check_recipient_access static:{PREPEND X-Site: yes},\n"
            + "  permit_mynetworks,\n  reject_unauth_destination\nsmtpd_relay_restrictions =",
        "smtpd_recipient_restrictions = {ours}, permit\n"
            + "smtpd_relay_restrictions = permit_mynetworks, reject",
        "smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination\n"
            + "smtpd_relay_before_recipient_restrictions = no",
        "smtpd_delay_reject = no\nsmtpd_client_restrictions = permit_mynetworks, reject\n"
            + "smtpd_sender_restrictions = permit_mynetworks, reject",
    ]

    @Test(arguments: sites)
    func `a list stops and comes back once, whatever the site's ways`(more: String) throws {
        let door = try NarrowPostfix(more: more)
        let (postfix, driver) = (door.postfix, try door.driver())
        let patterns = newsList.senders.compactMap { SenderPattern($0) }
        let report = driver.narrow([newsList])
        #expect(report.errors == [] && report.blocked == [newsList.list], "\(report)")
        try door.submit(9, to: "m@sub.test", from: "news+bounces-2-m=x@sub.test")
        try postfix.send(to: ["m2@sub.test"], from: "news+bounces-3-m=x@sub.test")
        try postfix.send(to: [newsList.list], from: "a@sub.test")
        try door.submit(5, to: "talk@sub.test", from: "a@sub.test")
        var taken = 0
        #expect(
            eventually {
                let look = driver.hold(senders: patterns, for: newsList.list)
                taken += look.taken?.first?.held ?? 0
                return look.errors == [] && postfix.moving == 0
            }
        )
        #expect(postfix.ids(in: "hold").count == 11 && driver.status().heldTotal == 11)
        #expect(taken >= 9, "smtpd held \(taken)")
        #expect(try postfix.sunk().values.reduce(0, +) == 5)
        #expect(driver.halt().errors == [])
        #expect(driver.resume(.release).errors == [])
        #expect(
            postfix.ids(in: "hold").count == 11,
            "a list's mail stays when the queue is resumed"
        )
        #expect(driver.block([]).errors == [])
        #expect(driver.release(HeldSelection(list: newsList.list)).released == 11)
        #expect(eventually(90) { driver.block([]).errors == [] && postfix.moving == 0 })
        let sunk = try postfix.sunk()
        #expect(sunk.values.reduce(0, +) == 16 && sunk["m2@sub.test"] == 1, "\(sunk)")
        #expect(sunk[newsList.list] == 1)
    }
}
