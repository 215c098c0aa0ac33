// SPDX-License-Identifier: Apache-2.0
//
// Fan-outs in the logs of Exim, OpenSMTPD and Sendmail; the lines follow those of real daemons.

import EventTime
import ListTraffic
import MailLog
import Testing

@Suite struct OtherMTATests {
    @Test func `Exim's list posting keeps one id for all its copies`() {
        var log = LogScript()
        for number in 1...3 {
            let id = "1xVjgW-00000\(number)-0z"
            log.feed(
                identifier: "exim",
                "2026-11-24 06:07:20 \(id) <= p\(number)@example.org H=mx.example.net [192.0.2.9]:4"
                    + " P=esmtp S=367 id=m\(number)@example.org T=\"hi\""
            )
            for member in 1...6 {
                log.feed(
                    identifier: "exim",
                    "2026-11-24 06:07:20 \(id) \(member == 1 ? "=>" : "->") m\(member)@example.net "
                        + "<inclist@lists.example.org> R=remote T=remote_smtp H=mx.example.com "
                        + "[203.0.113.5]:25 C=\"250 ok\""
                )
            }
            log.feed(
                identifier: "exim",
                "2026-11-24 06:07:20 \(id) => direct@example.net R=remote T=remote_smtp "
                    + "H=mx.example.com [203.0.113.5]:25 C=\"250 ok\""
            )
            log.feed(identifier: "exim", "2026-11-24 06:07:20 \(id) Completed")
        }
        #expect(
            log.sums == ["inclist@lists.example.org": ListSums(posts: 3, announced: 18, sent: 18)]
        )
        #expect(log.posts.map(\.posterAddress) == (1...3).map { "p\($0)@example.org" })
        #expect(log.outbound == 21)
    }

    @Test func `Mailman behind Exim is a list, with and without the number of recipients`() {
        for selector in ["", " for m1@example.net m2@example.net m3@example.net m4@example.net"] {
            var log = LogScript()
            log.feed(
                identifier: "exim",
                "2026-11-24 06:07:20 1xVjgW-000001-0z <= ann@example.org H=mx [192.0.2.9]:4 "
                    + "P=esmtp S=367 id=m1@example.org T=\"hi\" for mm@lists.example.org"
            )
            log.feed(
                identifier: "exim",
                "2026-11-24 06:07:21 1xVjgW-000002-0z <= mm-bounces@lists.example.org H=localhost "
                    + "[127.0.0.1]:5 P=esmtp S=967 id=m1@example.org T=\"hi\"\(selector)"
            )
            for member in 1...4 {
                log.feed(
                    identifier: "exim",
                    "2026-11-24 06:07:22 1xVjgW-000002-0z => m\(member)@example.net R=remote "
                        + "T=remote_smtp H=mx.example.com [203.0.113.5]:25 C=\"250 ok\""
                )
            }
            #expect(log.sums == ["mm@lists.example.org": ListSums(posts: 1, announced: 4, sent: 4)])
            #expect(log.posts.map(\.posterAddress) == ["ann@example.org"])
        }
    }

    @Test func `OpenSMTPD's expansion is a post without a Message-ID`() {
        var log = LogScript()
        for number in 1...2 {
            let id = "a2c7e64\(number)"
            log.feed(
                identifier: "smtpd",
                "7126fa5e7bd8a7dc smtp message msgid=\(id) size=371 nrcpt=1 proto=ESMTP"
            )
            for member in 1...4 {
                log.feed(
                    identifier: "smtpd",
                    "7126fa5fbef874d3 mta delivery evpid=\(id)1d83f11\(member) "
                        + "from=<bob@example.org> to=<m\(member)@example.net> "
                        + "rcpt=<inclist@lists.example.org> source=\"192.0.2.1\" "
                        + "relay=\"203.0.113.5 (mx.example.com)\" delay=0s result=\"Ok\" "
                        + "stat=\"250 2.0.0 ok\""
                )
            }
        }
        #expect(
            log.sums == ["inclist@lists.example.org": ListSums(posts: 2, announced: 8, sent: 8)]
        )
        #expect(log.posts.map(\.posterAddress) == ["bob@example.org", "bob@example.org"])
    }

    @Test func `a list manager behind Sendmail counts several recipients on one line`() {
        var log = LogScript()
        log.feed(
            identifier: "sm-mta",
            "6AO62Q1t000097: from=<ann@example.org>, size=142, class=0, nrcpts=1, "
                + "msgid=<m1@example.org>, proto=ESMTP, daemon=MTA-v4, relay=mx.example.net [192.0.2.9]"
        )
        log.feed(
            identifier: "sm-mta",
            "6AO62Q1t000098: from=<mm-bounces@lists.example.org>, size=942, class=0, nrcpts=5, "
                + "msgid=<m1@example.org>, proto=ESMTP, daemon=MTA-v4, relay=localhost [127.0.0.1]"
        )
        log.feed(
            identifier: "sm-mta",
            "6AO62Q1t000098: to=<a@example.net>,<b@example.net>,<c@example.net>, delay=00:00:00, "
                + "xdelay=00:00:00, mailer=esmtp, pri=60140, relay=mx.example.net. [203.0.113.5], "
                + "dsn=2.0.0, stat=Sent (2.0.0 ok)"
        )
        log.feed(
            identifier: "sm-mta",
            "6AO62Q1t000098: to=<d@example.com>,<e@example.com>, delay=00:00:00, xdelay=00:00:00, "
                + "mailer=esmtp, pri=60140, relay=mx.example.com. [203.0.113.6], dsn=2.0.0, "
                + "stat=Sent (2.0.0 ok)"
        )
        #expect(log.sums == ["mm@lists.example.org": ListSums(posts: 1, announced: 5, sent: 5)])
    }
}
