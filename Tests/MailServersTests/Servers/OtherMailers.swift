// SPDX-License-Identifier: Apache-2.0
//
// Programs of mail servers that cannot be installed beside Postfix, from Debian's packages unpacked
// into .build/mailers (`.ci/install mailers`), and a Sendmail of a test's own: configuration,
// queue and access map below /tmp, no port but a sink on loopback. Where they are missing, the
// tests that want them are skipped, loudly.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// Where the programs of other mail servers are on this machine.
enum OtherMailers {
    private static let sendmails =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        + "/.build/mailers/usr/libexec/sendmail"

    static let sendmail = "\(sendmails)/sendmail"
    static let makemap = "\(sendmails)/makemap"
    static let libraries = sendmails

    private static let isSkipSaid: Void = print(
        "MailServersTests: SKIPPED: the tests of the real Sendmail need root, unshare, smtp-sink and \(sendmail)"
            + " (.ci/install mailers)"
    )

    /// Whether a Sendmail of a test's own can run.
    static var isSendmailPossible: Bool {
        let programs: [String] = [sendmail, makemap, "/usr/sbin/smtp-sink"]
        let isPossible =
            geteuid() == 0
            && programs.allSatisfy { unsafe access($0, X_OK) == 0 }
            && (try? Program("/usr/bin/unshare", ["--uts", "true"])
                .check(deadline: .seconds(10))) != nil
        if !isPossible { _ = isSkipSaid }
        return isPossible
    }
}

/// Sendmail with a queue of its own; nothing of it runs but what a test starts.
final class PrivateSendmail {
    let scratch: Scratch
    private let port: Int
    private var sink: pid_t = 0

    /// Every copy goes to a sink, one a transaction, and is a file in `sunk`.
    init() throws {
        scratch = try Scratch()
        let path = scratch.path
        for name in ["queue", "sunk", "state"] { try StateFile.makeDirectory("\(path)/\(name)") }
        try #require(unsafe chmod(path, 0o755) == 0 && chmod("\(path)/sunk", 0o777) == 0)
        port = try PrivatePostfix.freePort()
        try scratch.write("switch", "hosts files\naliases files\n")
        try scratch.write("sendmail.cf", Self.configuration(path: path, port: port))
        try scratch.write(
            "sendmail",
            // A host name without a dot makes Sendmail sleep for a minute.
            "#!/bin/sh\nexport LD_LIBRARY_PATH=\(OtherMailers.libraries)\nexec unshare --uts "
                + "sh -c 'hostname lists.example.org && exec \"$@\"' sh "
                + "\(OtherMailers.sendmail) -C \(path)/sendmail.cf \"$@\"\n",
            mode: 0o755
        )
        _ = try makemap(["hash"], "Connect:127\tRELAY\n")
    }

    deinit { endSink() }

    /// One whose only ruleset of interest asks the access map before each recipient, as
    /// FEATURE(access_db) does.
    ///
    /// Without `QueueLA` a loaded machine keeps back what has many recipients.
    private static func configuration(path: String, port: Int) -> String {
        """
        V10/Berkeley
        Djlists.example.org
        Kaccess hash -T<TMPF> \(path)/access
        O QueueDirectory=\(path)/queue
        O ServiceSwitchFile=\(path)/switch
        O PidFile=\(path)/pid
        O DontBlameSendmail=MapInUnsafeDirPath
        O DefaultUser=1:1
        O CheckpointInterval=10
        O QueueLA=1000
        Troot
        Msink, P=[IPC], F=mDFMuX, S=1, R=1, E=\\r\\n, r=1, A=TCP 127.0.0.1 \(port)
        Mlocal, P=/bin/false, F=lsDFM, S=1, R=1, A=false
        Mprog, P=/bin/sh, F=lsDFM, S=1, R=1, A=sh -c $u
        HFrom: $g
        S0
        R$*\t$#sink $@ [127.0.0.1] $: $1
        S1
        S2
        S3
        R$*\t$@ $1
        S4
        Stls_rcpt
        R$*\t$: $(access tls_rcpt: $: open $)
        Ropen\t$@ OK
        R$*\t$#error $@ 4.7.0 $: "403 deferred by the access map"

        """
    }

    var site: SendmailSite { Self.driver(at: scratch.path).site }
    var driver: SendmailDriver { Self.driver(at: scratch.path) }

    /// The driver of a Sendmail with everything below `path`.
    static func driver(at path: String) -> SendmailDriver {
        var site = SendmailSite()
        site.program = "\(path)/sendmail"
        site.makemap = OtherMailers.makemap
        site.configuration = "\(path)/sendmail.cf"
        (site.access, site.accessClass) = ("\(path)/access", "hash")
        site.queues = ["\(path)/queue"]
        return SendmailDriver(site: site, state: "\(path)/state/sendmail")
    }

    func makemap(_ words: [String], _ input: String = "") throws -> String {
        var program = Program(site.makemap, ["-C", site.configuration] + words + [site.access])
        program.input = Array(input.utf8)
        return try program.check(deadline: .seconds(10)).text
    }

    /// The map's entries, sorted.
    func entries() throws -> [Substring] {
        try makemap(["-u", "hash"]).split(separator: "\n").sorted()
    }

    /// Runs sendmail to its end.
    func run(_ words: [String], _ input: String = "") throws {
        var program = Program(site.program, words)
        program.input = Array(input.utf8)
        _ = try program.run(deadline: .seconds(60))
    }

    /// A sink that waits `seconds` before each copy.
    func startSink(seconds: Int) throws {
        let delay = seconds > 0 ? ["-w", "\(seconds)"] : []
        sink = try spawn(
            "/usr/sbin/smtp-sink",
            ["-u", "nobody", "-d", "\(scratch.path)/sunk/%s."] + delay
                + ["127.0.0.1:\(port)", "100"]
        )
        try #require(eventually { PrivatePostfix.answers(port) }, "no sink listens")
    }

    func endSink() {
        guard sink > 0 else { return }
        kill(sink, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(sink, &status, 0)
        sink = 0
    }

    /// Who got a copy, as the sink's files say.
    func sunk() throws -> [Substring] {
        try StateFile.names(below: "\(scratch.path)/sunk").flatMap { name in
            try scratch.read("sunk/\(name)").split(separator: "\n")
                .filter { $0.hasPrefix("X-Rcpt-Args:") }
        }
        .sorted()
    }
}
