// SPDX-License-Identifier: Apache-2.0
//
// A real Mailman 3 of the test's own below /tmp, with a REST API on loopback, no web interface and no
// mail. It needs root and Debian's mailman3 package; without them the tests that want it are
// skipped, loudly.

import Glibc
import Testing

@testable import HaltWire
@testable import MailServers

/// A running Mailman that belongs to one test.
final class PrivateMailman {
    let scratch: Scratch
    let rest: MailmanREST
    private static let password = "a \"secret\" \\ $ of ours"
    private static let isSkipSaid: Void = print(
        "MailServersTests: SKIPPED: the tests against a real Mailman 3 need root and the mailman3 package"
    )

    /// Whether this machine can run one.
    static var isPossible: Bool {
        let programs = ["/usr/bin/mailman", "/usr/bin/curl", "/usr/sbin/runuser"]
        let isPossible = geteuid() == 0 && programs.allSatisfy { unsafe access($0, X_OK) == 0 }
        if !isPossible { _ = isSkipSaid }
        return isPossible
    }

    var record: String { "\(scratch.path)/mailman.json" }

    /// Starts it with the list news@local.test.
    init() throws {
        scratch = try Scratch()
        let ports = (try PrivatePostfix.freePort(), try PrivatePostfix.freePort())
        let path = "\(scratch.path)/mm"
        try #require(unsafe mkdir(path, 0o755) == 0)
        try #require(unsafe chmod(scratch.path, 0o755) == 0)
        let url = "http://127.0.0.1:\(ports.0)/3.1"
        rest = MailmanREST(url: url, user: "restadmin", password: Self.password)
        try scratch.write("mm/mailman.cfg", Self.configuration(path, ports.0, ports.1))
        try #require(unsafe mkdir("\(path)/var", 0o755) == 0)
        _ = try Program("/bin/chown", ["-R", "list", path]).check(deadline: .seconds(5))
        try run("start")
        let isUp = eventually(90) { isAnswering }
        try #require(isUp, "Mailman's API answers")
        try post("domains", "mail_host=local.test")
        try post("lists", "fqdn_listname=news@local.test")
    }

    deinit { try? run("stop") }

    private var isAnswering: Bool {
        do {
            return try rest.id(of: "no@local.test") == nil
        } catch { return false }
    }

    /// Sets a switch by another hand.
    func turn(_ name: String, _ value: String) throws {
        _ = try curl(["-X", "PATCH", "-d", "\(name)=\(value)", "lists/news.local.test/config"])
    }

    /// Its switches now.
    func switches() throws -> MailmanSwitches? { try rest.switches(of: "news.local.test") }

    private func post(_ path: String, _ data: String) throws { _ = try curl(["-d", data, path]) }

    private func curl(_ words: [String]) throws -> String {
        let user = ["-sSf", "--noproxy", "*", "-u", "restadmin:\(Self.password)"]
        let program = Program(
            MailmanREST.curl,
            user + words.dropLast() + ["\(rest.url)/\(words.last ?? "")"]
        )
        return try program.check(deadline: .seconds(30)).text
    }

    func run(_ verb: String) throws {
        let words = ["-u", "list", "--", "/usr/bin/mailman"]
        let program = Program(
            "/usr/sbin/runuser",
            words + ["-C", "\(scratch.path)/mm/mailman.cfg", verb]
        )
        _ = try program.check(deadline: .seconds(60))
    }

    private static func configuration(_ path: String, _ port: Int, _ lmtp: Int) -> String {
        """
        [mailman]
        site_owner: root@local.test
        layout: here
        [paths.here]
        var_dir: \(path)/var
        queue_dir: $var_dir/queue
        bin_dir: /usr/lib/mailman3/bin
        list_data_dir: $var_dir/lists
        log_dir: $var_dir/logs
        lock_dir: $var_dir/locks
        data_dir: $var_dir/data
        cache_dir: $var_dir/cache
        etc_dir: \(path)
        ext_dir: $var_dir/ext
        messages_dir: $var_dir/messages
        archive_dir: $var_dir/archives
        template_dir: $var_dir/templates
        pid_file: $var_dir/master.pid
        lock_file: $lock_dir/master.lck
        [database]
        class: mailman.database.sqlite.SQLiteDatabase
        url: sqlite:///\(path)/var/mailman.db
        [webservice]
        hostname: 127.0.0.1
        port: \(port)
        admin_user: restadmin
        admin_pass: \(password)
        [mta]
        incoming: mailman.mta.null.NullMTA
        lmtp_host: 127.0.0.1
        lmtp_port: \(lmtp)

        """
    }
}
