// SPDX-License-Identifier: Apache-2.0
//
// A private Postfix that can be narrowed, and a list for it.

import Glibc
import Testing

@testable import HaltWire
@testable import MailServers

/// A list with copies of its own sender, and a sender that all copies share.
let newsList = BlockedList(
    list: "news@sub.test",
    senders: ["news+bounces-*@sub.test", "owner-news@sub.test"]
)

/// A private Postfix with an SMTP door, set up as `setup postfix --narrow` does it.
struct NarrowPostfix {
    let postfix: PrivatePostfix
    let port: Int

    /// `{ours}` in `more` are our checks, which `setup` puts in front of the site's.
    init(
        sinkDelay: Int = 0,
        routes: String = "",
        aliases: String = "all@sub.test=x@sub.test",
        more: String = ""
    ) throws {
        let port = try PrivatePostfix.freePort()
        self.port = port
        postfix = try PrivatePostfix(
            extra: "recipient_delimiter = +\n",
            services: "127.0.0.1:\(port) inet n - n - - smtpd\nanvil unix - - n - 1 anvil\n",
            sinkDelay: sinkDelay
        )
        postfix.stop()
        let etc = postfix.configuration
        let checks =
            "check_recipient_access regexp:\(etc)/listbreaker_narrow_posts, "
            + "check_sender_access regexp:\(etc)/listbreaker_narrow_senders"
        let lines = """
            smtpd_restriction_classes = listbreaker_hold
            listbreaker_hold = check_recipient_access static:{PREPEND X-Listbreaker-Hold: list block}, \
            check_recipient_access static:{HOLD held by listbreaker}
            smtpd_recipient_restrictions = \(checks)
            transport_maps = regexp:\(etc)/listbreaker_narrow_transport\(routes)
            defer_transports = listbreaker
            sender_dependent_default_transport_maps = regexp:\(etc)/listbreaker_narrow_routes
            virtual_alias_maps = regexp:\(etc)/listbreaker_narrow_aliases, inline:{\(aliases)}
            """
        let main = try postfix.scratch.read("etc/main.cf")
        try postfix.scratch.write(
            "etc/main.cf",
            main + lines + "\n" + more.replacing("{ours}", with: checks) + "\n"
        )
        for table in Narrowing.Table.allCases {
            try postfix.scratch.write("etc/\(table.rawValue)", Narrowing.text(of: table, for: []))
        }
        let outcome = try Program("/usr/sbin/postfix", ["-c", etc, "start"])
            .run(deadline: .seconds(60))
        try #require(outcome.status == 0)
    }

    /// Gives `count` copies in by SMTP, each a message of its own.
    func submit(_ count: Int, to recipient: String, from sender: String) throws {
        // -N makes each recipient another one, by a number in front.
        _ = try Program(
            "/usr/sbin/smtp-source",
            ["-m", "\(count)", "-s", "\(min(count, 2))"] + (count > 1 ? ["-N"] : [])
                + ["-f", sender, "-t", recipient, "127.0.0.1:\(port)"]
        ).check(deadline: .seconds(60))
    }

    func driver() throws -> PostfixDriver {
        var driver = try postfix.driver()
        driver.guardian = try #require(RunningActuator.program)
        return driver
    }

    /// Letters of the states of its queue managers.
    var managers: [Character] {
        guard let master = try? Master(queue: postfix.queue).running() else { return [] }
        return ProcessTable.children(of: master, named: ["qmgr"]).map(\.state)
    }
}
