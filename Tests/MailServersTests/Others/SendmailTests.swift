// SPDX-License-Identifier: Apache-2.0
//
// What is read of Sendmail's configuration and queue, the queue with our ledger as far as no
// program of Sendmail is needed, and the gate with the real makemap(8) where it is installed. That
// mail stops is shown in a booted Debian (Tests/EndToEnd).

import Glibc
import Linux
import LocalSocket
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct SendmailTests {
    private static let configuration = """
        # sendmail.cf
        Kaccess hash -T<TMPF> -o /etc/mail/access
        O QueueDirectory=/var/spool/mqueue/q*
        O PidFile=/run/sendmail.pid
        Qslow, P=/var/spool/slow, F=f, I=1m
        Stls_rcpt
        R$* $| $+\t$: $1 $| $>SearchList <! "TLS_Rcpt"> $| $2 <>
        """

    @Test func `a configuration says where the queue and the access map are`() {
        let site = SendmailSite(Array(Self.configuration.utf8))
        #expect(site.access == "/etc/mail/access" && site.accessClass == "hash")
        #expect(site.queues == ["/var/spool/mqueue/q*", "/var/spool/slow"])
        #expect(site.pidFile == "/run/sendmail.pid")
    }

    @Test(arguments: [
        "", "Kaccess hash /etc/mail/access", "R$* <! \"TLS_Rcpt\"> $|",
        "Kaccess ldap -k x\nR$* <! \"TLS_Rcpt\"> $|",
        "Kaccess hash access\nR$* <! \"TLS_Rcpt\"> $|",
        "Kaccesses hash /etc/x\nR$* <! \"TLS_Rcpt\"> $|",
    ])
    func `without a map that is asked for each recipient there is no gate`(text: String) {
        #expect(SendmailSite(Array(text.utf8)).access.isEmpty)
    }

    private static let control = """
        V8
        T1795529206
        K0
        N0
        Mencryption too weak
        Fbs
        $_localhost [127.0.0.1]
        S<news@lists.example.org>
        C::include:/etc/annonce
        rRFC822; annonce@lists.example.org
        RFD:user00060@example.net
        RPFD:<odd:one@example.net>
        H?P?Return-Path: <g>
        H??Subject: hello
        \tagain
        H??Message-ID: <n3@x>
        .

        """

    @Test func `a control file tells sender, recipients and headers`() {
        let bytes = Array(Self.control.utf8)
        let found = SendmailSpool.envelope(bytes, keeping: 3)
        #expect(found.isWhole && found.arrival == 1_795_529_206 && found.recipients == 2)
        #expect(found.sender == "news@lists.example.org")
        #expect(found.firstRecipients == ["user00060@example.net", "odd:one@example.net"])
        let headers = String(decoding: SendmailSpool.headers(bytes), as: UTF8.self)
        #expect(headers == "Return-Path: <g>\nSubject: hello\n\tagain\nMessage-ID: <n3@x>\n")
        #expect(!SendmailSpool.envelope(Array(bytes.dropLast(2)), keeping: 3).isWhole)
        let null = SendmailSpool.envelope(Array("S<>\n.\n".utf8), keeping: 3)
        #expect(null.sender == "MAILER-DAEMON" && null.isWhole)
    }

    @Test(arguments: [false, true])
    func `the queue is read, saved, emptied and filled again`(isApart: Bool) throws {
        let scratch = try Scratch()
        for name in ["state", "queue", "queue/q1"] + (isApart ? ["queue/q1/qf"] : []) {
            try StateFile.makeDirectory("\(scratch.path)/\(name)")
        }
        let folder = isApart ? "queue/q1/qf" : "queue/q1"
        try scratch.write("\(folder)/hf6AOE6kQ3000371", Self.control)
        try scratch.write("\(folder)/qf6AOE6kQ3000372", Self.control)
        try scratch.write("\(folder)/tf6AOE6kQ3000373", Self.control)
        try scratch.write("queue/q1/df6AOE6kQ3000371", "text\n")
        var site = SendmailSite()
        site.queues = ["\(scratch.path)/queue/q*"]
        let queue = try SendmailQueue(site, state: "\(scratch.path)/state")
        var found: [QueuedMessage] = []
        try queue.list { found.append($0) }
        found.sort { $0.queue < $1.queue }
        #expect(found.map(\.queue) == ["hold", "queue"] && found.map(\.size) == [5, 0])
        let id = try #require(found[0].id)
        #expect(try queue.onHold() == [id])
        #expect(queue.described(found[0]).subject.hasPrefix("hello"))
        try queue.quarantine.make()
        try queue.keep(found[0])
        #expect(try scratch.read("state/quarantine/\(id).eml").hasSuffix("\ntext\n"))
        try queue.removeNow([id])
        #expect(try queue.settle() == [id])
        #expect(try queue.onHold().isEmpty)
        #expect(StateFile.status("\(scratch.path)/queue/q1/df\(id)") == nil)
        // There is no Sendmail here that would take it off hold.
        _ = try? queue.restore(id)
        #expect(try queue.onHold() == [id] && queue.due.read() == [id])
        #expect(
            try StateFile.read("\(scratch.path)/\(folder)/hf\(id)") == Array(Self.control.utf8)
        )
    }

    @Test func `a message that somebody has locked is seen as such`() throws {
        let scratch = try Scratch()
        try StateFile.makeDirectory("\(scratch.path)/queue")
        try scratch.write("queue/qf6AOE6kQ3000371", Self.control)
        try scratch.write("queue/qf6AOE6kQ3000372", Self.control)
        let spool = SendmailSpool(queues: ["\(scratch.path)/queue"])
        #expect(try spool.locked().isEmpty)
        let descriptor = unsafe open("\(scratch.path)/queue/qf6AOE6kQ3000372", O_RDWR)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        #expect(try spool.locked().map(\.text) == ["6AOE6kQ3000372"])
    }

    @Test func `what the gate deferred is told from what another host did`() throws {
        let scratch = try Scratch()
        try StateFile.makeDirectory("\(scratch.path)/queue")
        // The line as Sendmail 8.17 writes it, after the message's own flags.
        let note = "Mencryption too weak 0 less than 999999999\n"
        try scratch.write("queue/qf6AUB49d7000455", note + Self.control)
        try scratch.write("queue/hf6AUB49d7000456", note + Self.control)
        try scratch.write(
            "queue/qf6AUB49d7000457",
            "MDeferred: Connection refused\n" + Self.control
        )
        try scratch.write(
            "queue/qf6AUB49d7000458",
            Self.control.replacing("H??", with: "H??X: \nM999999999\nH??", maxReplacements: 1)
        )
        let spool = SendmailSpool(queues: ["\(scratch.path)/queue"])
        let deferred = try spool.deferred(by: SendmailGate.number)
        #expect(deferred.map(\.text) == ["6AUB49d7000455"])
    }

    @Test func `entries that would win over the gate are told from others`() {
        func isGate(_ text: String) -> Bool { SendmailGate.isGate(Array(text.utf8)[...]) }
        #expect(isGate("tls_rcpt:example.net\tVERIFY") && isGate(SendmailGate.entry))
        #expect(!isGate("tls_srv:example.net\tVERIFY") && !isGate("connect:127\tRELAY"))
        let lines = [SendmailGate.entry, "a\tb"].map { Array($0.utf8)[...] }
        #expect(SendmailGate.plain(lines) == [lines[1]])
    }

    @Test(.enabled(if: OtherMailers.isSendmailPossible))
    func `the gate closes and opens, and the map is byte for byte what it was`() throws {
        let mail = try PrivateSendmail()
        let map = "\(mail.site.access).db"
        _ = try mail.makemap(["hash"], "Connect:127\tRELAY\nTLS_Rcpt:example.net\tOK\n")
        let before = try #require(try StateFile.read(map))
        let gate = SendmailGate(site: mail.site, state: "\(mail.scratch.path)/state")
        let old = unsafe open(map, O_RDONLY)
        defer { close(old) }
        var status = stat()
        unsafe fstat(old, &status)
        let opened = status.st_mtim.tv_sec
        #expect(try gate.standing() == .absent && gate.install() == .installed)
        #expect(try mail.entries() == ["connect:127\tRELAY", Substring(SendmailGate.entry)])
        // Who has the old map open is told by its time.
        unsafe fstat(old, &status)
        #expect(status.st_mtim.tv_sec > opened)
        #expect(try gate.install() == .already && gate.standing() == .whole)
        #expect(try gate.restore() == .restored)
        #expect(try StateFile.read(map) == before)
        #expect(try gate.restore() == .absent)
        // The site makes the map anew while mail is halted: it is closed again, and then kept.
        #expect(try gate.install() == .installed)
        _ = try mail.makemap(["hash"], "Connect:192.0.2\tREJECT\n")
        #expect(try gate.standing() == .absent && gate.install() == .reinstalled)
        #expect(try gate.restore() == .restored)
        #expect(try mail.entries() == ["connect:192.0.2\tREJECT"])
        // Somebody removed our state, and left the entry.
        #expect(try gate.install() == .installed)
        for name in ["before", "halted"] {
            try StateFile.remove("\(mail.scratch.path)/state/access.\(name)")
        }
        #expect(try gate.install() == .installed && gate.restore() == .restored)
        #expect(try mail.entries() == ["connect:192.0.2\tREJECT"])
    }

    @Test(.enabled(if: OtherMailers.isSendmailPossible))
    func `a fan-out under way stops, nothing leaves while halted, and all goes out once`()
        throws
    {
        let mail = try PrivateSendmail()
        let members = (1...30).map { "user\($0)@example.net" }
        try mail.run(["-odq", "-i", "-f", "news@example.org"] + members, "Subject: x\n\nhello\n")
        let before = try StateFile.read("\(mail.site.access).db")
        try mail.startSink(seconds: 1)
        let run = try spawn(mail.site.program, ["-qf"])
        defer {
            kill(run, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(run, &status, 0)
        }
        #expect(try eventually { try mail.sunk().count >= 2 })
        let report = mail.driver.halt()
        #expect(report.errors == [] && report.isHalted && report.held == 1 && report.heldTotal == 1)
        let left = try mail.sunk().count
        #expect(left < 10, "the sink takes a second for each")
        for words in [["-qf"], ["-qQ", "-qf"], ["-qRexample.net", "-qf"]] { try mail.run(words) }
        try mail.run(["-odi", "-i", "-f", "news@example.org", "late@example.net"], "\nhello\n")
        #expect(try mail.sunk().count == left)
        mail.endSink()
        try mail.startSink(seconds: 0)
        #expect(mail.driver.held(limit: 10).messages.map(\.subject) == ["x"])
        let resumed = mail.driver.resume(.release)
        #expect(resumed.errors == [] && !resumed.isHalted && resumed.released == 1)
        #expect(try StateFile.read("\(mail.site.access).db") == before)
        #expect(
            try eventually {
                try mail.run(["-qf"])
                return try mail.sunk().count >= 31
            }
        )
        #expect(try mail.sunk().count == 31 && Set(mail.sunk()).count == 31)
        #expect(StateFile.names(below: "\(mail.scratch.path)/queue").isEmpty)
    }

    @Test(
        .enabled(
            if: SendmailSite.programs.allSatisfy { unsafe access($0, F_OK) != 0 },
            "it would stop this host's Sendmail"
        )
    )
    func `a Sendmail that cannot be halted is still stopped when told so`() throws {
        let scratch = try Scratch()
        let actuator = Actuator(place: .init(state: scratch.path, mta: .sendmail), allowed: [])
        let root = Peer(uid: 0, gid: 0, pid: 1, groups: [])
        func answer(_ verb: String) -> String {
            let request = Array("{\"verb\":\"\(verb)\"}".utf8)
            return String(decoding: actuator.perform(root, request), as: UTF8.self)
        }
        #expect(answer("halt").contains("Sendmail is not installed"))
        guard HostStep.hasSystemd else {
            let said = answer("stop")
            #expect(said.contains("systemd, which would, does not run here"), "\(said)")
            #expect(said.contains("sendmail.pid"), "the next step is one of this host")
            #expect(try StateFile.read("\(scratch.path)/stopped") == nil, "nothing was done")
            return
        }
        #expect(answer("stop").contains("systemctl"), "systemd knows no such unit here")
        // We noted that we stopped it, and it cannot be started either.
        #expect(try StateFile.read("\(scratch.path)/stopped") != nil)
        #expect(answer("resume").contains("systemctl"))
        try StateFile.remove("\(scratch.path)/stopped")
        #expect(answer("resume").contains("Sendmail is not installed"))
    }
}
