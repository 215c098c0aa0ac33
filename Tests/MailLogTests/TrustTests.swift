// SPDX-License-Identifier: Apache-2.0
//
// Who is believed. Each way of forging a line that a local user has is refused for its own reason,
// and lines that lack what journald could not read in time are believed all the same.

import EventTime
import MailLog
import Testing

@Suite struct TrustTests {
    static let reader = LineReader(
        settings: {
            var settings = TrustSettings(instances: ["mx1"])
            settings.postfixUsers = [101]
            return settings
        }()
    )

    /// A line of qmgr as journald records it, with what `change` does to it.
    static func event(
        _ identifier: String = "postfix/qmgr",
        _ message: String = "ABCDEF0123: removed",
        change: (inout LogEntry, inout EntryBatch) -> Void = { _, _ in }
    ) -> MailEvent {
        var batch = EntryBatch()
        var entry = LogEntry(time: Timestamp(microseconds: 5))
        entry.identifier = batch.append(Array(identifier.utf8))
        entry.message = batch.append(Array(message.utf8))
        entry.executable = batch.append(Array("/usr/lib/postfix/sbin/qmgr".utf8))
        entry.unit = batch.append(Array("postfix@-.service".utf8))
        entry.transport = .syslog
        entry.uid = 101
        entry.pid = 77
        entry.syslogPid = 77
        change(&entry, &batch)
        return reader.read(entry, in: batch.bytes)
    }

    @Test func `a daemon's own line is believed and read`() {
        let event = Self.event()
        #expect(event.trust == .genuine)
        #expect(event.kind == .removed)
        #expect(event.time.microseconds == 5)
    }

    @Test func `what journald could not read in time is not asked for`() {
        let event = Self.event { entry, _ in
            entry.executable = .absent
            entry.unit = .absent
            entry.syslogPid = 0
        }
        #expect(event.trust == .genuine)
    }

    @Test(arguments: ["postfix-out/smtp", "mx1/smtpd", "postfix/submission/smtpd"])
    func `every name of an instance is Postfix's`(identifier: String) {
        #expect(Self.event(identifier).trust == .genuine)
        #expect(Self.event(identifier).dialect == .postfix)
    }

    @Test(arguments: ["postfixx/other", "mx2/cron", "qmgr", "/qmgr", ""])
    func `a name that nobody configured is no mail program`(identifier: String) {
        #expect(Self.event(identifier).dialect == .none)
        #expect(Self.event(identifier).kind == .other)
    }

    @Test func `an unprivileged logger is refused for its user`() {
        let event = Self.event { entry, _ in entry.uid = 65534 }
        #expect(event.trust == .forgedUser)
        #expect(event.kind == .other)
        #expect(event.queueID.isEmpty)
    }

    @Test func `an entry without a user is not believed`() {
        #expect(Self.event { entry, _ in entry.uid = nil }.trust == .forgedUser)
    }

    @Test(arguments: [Transport.other, .driver, .absent])
    func `another road than syslog is refused`(road: Transport) {
        #expect(Self.event { entry, _ in entry.transport = road }.trust == .forgedTransport)
    }

    @Test func `another program of a trusted user is refused`() {
        let event = Self.event { entry, batch in
            entry.executable = batch.append(Array("/usr/bin/logger".utf8))
        }
        #expect(event.trust == .forgedExecutable)
        let near = Self.event { entry, batch in
            entry.executable = batch.append(Array("/usr/lib/postfix-evil/qmgr".utf8))
        }
        #expect(near.trust == .forgedExecutable)
    }

    @Test(arguments: [
        "mx2/qmgr", "submission/smtpd", "bulk/smtp", "mailman/local", "sendmail/smtpd",
    ])
    func `Postfix's own program is believed by whatever name it calls itself`(identifier: String) {
        let event = Self.event(identifier)
        #expect(event.trust == .genuine)
        #expect(event.dialect == .postfix)
        #expect(event.isUnnamed)
        #expect(event.kind == .removed)
        let byUnit = Self.event(identifier) { entry, _ in entry.executable = .absent }
        #expect(byUnit.trust == .genuine)
        #expect(!Self.event("postfix-out/smtp").isUnnamed)
    }

    @Test func `a name that nobody gave Postfix needs a proof`() {
        func trust(_ change: (inout LogEntry, inout EntryBatch) -> Void) -> Trust {
            Self.event("mx2/qmgr", change: change).trust
        }
        let logger = Array("/usr/bin/logger".utf8)
        #expect(trust { entry, _ in entry.uid = 65534 } == .unknownName)
        #expect(trust { entry, _ in entry.transport = .other } == .unknownName)
        #expect(
            trust { entry, batch in
                entry.executable = batch.append(logger)
                entry.unit = .absent
            } == .unknownName
        )
        #expect(
            trust { entry, _ in
                entry.executable = .absent
                entry.unit = .absent
            } == .unknownName
        )
        #expect(trust { entry, _ in entry.syslogPid = 4242 } == .forgedPid)
    }

    @Test func `a name once proven is believed where the proof came too late to be read`() {
        var reader = Self.reader
        var batch = EntryBatch()
        var entry = LogEntry(time: Timestamp(microseconds: 5))
        entry.identifier = batch.append(Array("mx2/qmgr".utf8))
        entry.message = batch.append(Array("ABCDEF0123: removed".utf8))
        entry.transport = .syslog
        entry.uid = 101
        let name = ByteRange(start: 0, end: 3)
        #expect(reader.read(entry, in: batch.bytes).trust == .unknownName)
        let isNew = reader.accept(instance: name, in: batch.bytes)
        #expect(isNew)
        let isNewAgain = reader.accept(instance: name, in: batch.bytes)
        #expect(!isNewAgain)
        #expect(reader.read(entry, in: batch.bytes).trust == .genuine)
    }

    static let byHand = [
        "session-7.scope", "user@0.service", "monit.service", "cron.service",
        "mail-postfix.service",
    ]

    @Test(arguments: byHand)
    func `Postfix started by hand is believed for its user and its program`(unit: String) {
        func event(_ executable: String, uid: UInt32 = 101) -> Trust {
            Self.event { entry, batch in
                entry.executable = batch.append(Array(executable.utf8))
                entry.unit = batch.append(Array(unit.utf8))
                entry.uid = uid
            }.trust
        }
        #expect(event("/usr/lib/postfix/sbin/qmgr") == .genuine)
        #expect(event("/usr/libexec/postfix/qmgr (deleted)") == .genuine)
        #expect(event("/usr/lib/postfix/sbin/qmgr", uid: 1000) == .forgedUser)
        #expect(event("/usr/bin/logger") == .forgedExecutable)
        #expect(event("/usr/sbin/postdrop") == .forgedUnit)
    }

    @Test(arguments: [
        "docker-0c0c0c0c0c0c.scope", "machine-mail.scope", "libpod-0c.scope",
        "cri-containerd-0c.scope",
        "systemd-nspawn@mail.service", "lxc@mail.service",
    ])
    func `a container's lines are believed where the settings name its unit`(unit: String) {
        func trust(_ units: [String]) -> Trust {
            var settings = TrustSettings(units: units)
            settings.postfixUsers = [101]
            var batch = EntryBatch()
            var entry = LogEntry(time: Timestamp(microseconds: 5))
            entry.identifier = batch.append(Array("postfix/qmgr".utf8))
            entry.message = batch.append(Array("ABCDEF0123: removed".utf8))
            entry.executable = batch.append(Array("/usr/lib/postfix/sbin/qmgr".utf8))
            entry.unit = batch.append(Array(unit.utf8))
            entry.transport = .syslog
            entry.uid = 101
            return LineReader(settings: settings).read(entry, in: batch.bytes).trust
        }
        #expect(trust([]) == .forgedUnit)
        #expect(trust(["other.scope", "*mail.service.d"]) == .forgedUnit)
        #expect(trust([unit]) == .genuine)
        #expect(trust([String(unit.prefix(4)) + "*"]) == .genuine)
        #expect(trust(["*" + unit.suffix(6)]) == .genuine)
        #expect(trust([unit + "x"]) == .forgedUnit)
    }

    @Test func `a container's own process ids are believed where the settings name its unit`() {
        func trust(_ units: [String], unit: String = "mail-pod.service") -> Trust {
            var settings = TrustSettings(units: units)
            settings.postfixUsers = [101]
            var batch = EntryBatch()
            var entry = LogEntry(time: Timestamp(microseconds: 5))
            entry.identifier = batch.append(Array("postfix/qmgr".utf8))
            entry.message = batch.append(Array("ABCDEF0123: removed".utf8))
            entry.executable = batch.append(Array("/usr/lib/postfix/sbin/qmgr".utf8))
            entry.unit = batch.append(Array(unit.utf8))
            entry.transport = .syslog
            entry.uid = 101
            entry.pid = 40_211
            entry.syslogPid = 17
            return LineReader(settings: settings).read(entry, in: batch.bytes).trust
        }
        #expect(trust([]) == .forgedPid)
        #expect(trust(["other.service"]) == .forgedPid)
        #expect(trust(["mail-pod.service"]) == .genuine)
        // It was gone before journald asked for its unit: neither believed nor called a forgery.
        #expect(trust(["mail-pod.service"], unit: "") == .unproven)
        #expect(trust([], unit: "") == .forgedPid)
    }

    /// A line that docker's driver wrote for the container `mail`, with what `change` does to it.
    static func printed(
        _ text: String,
        change: (inout LogEntry, inout EntryBatch) -> Void = { _, _ in }
    ) -> (event: MailEvent, batch: EntryBatch) {
        let reader = LineReader(settings: TrustSettings(containers: ["mail"]))
        var batch = EntryBatch()
        var entry = LogEntry(time: Timestamp(microseconds: 5))
        entry.identifier = batch.append("0c0c0c0c0c0c".utf8)
        entry.message = batch.append(text.utf8)
        entry.executable = batch.append("/usr/bin/dockerd".utf8)
        entry.unit = batch.append("docker.service".utf8)
        entry.container = batch.append("mail".utf8)
        entry.transport = .other
        entry.uid = 0
        entry.pid = 4242
        entry.syslogPid = 4242
        change(&entry, &batch)
        return (reader.read(entry, in: batch.bytes), batch)
    }

    @Test(arguments: [
        "Nov 20 18:00:00 mail postfix/qmgr[3067]: 4C1A00090: removed",
        "2026-11-20T18:00:00.123456+00:00 mail postfix/qmgr[3067]: 4C1A00090: removed",
        "postfix/qmgr[3067]: 4C1A00090: removed",
        "Nov 20 18:00:00 mail mx1/qmgr[3067]: 4C1A00090: removed",
        // As podman 4.3 (conmon 2.1) hands it over, and as one would with lines of DOS.
        "Nov 20 18:00:00 mail postfix/qmgr[3067]: 4C1A00090: removed\n",
        "Nov 20 18:00:00 mail postfix/qmgr[3067]: 4C1A00090: removed\r\n",
    ])
    func `what a trusted container prints is read`(text: String) {
        let (event, batch) = Self.printed(text)
        #expect(event.trust == .genuine)
        #expect(event.kind == .removed)
        #expect(batch.text(event.queueID) == "4C1A00090")
        #expect(batch.text(event.machine) == "mail")
        #expect(event.time.microseconds == 5)
    }

    @Test func `what another prints, or somebody in its name, is not`() {
        let line = "Nov 20 18:00:00 mail postfix/qmgr[3067]: 4C1A00090: removed"
        func trust(_ change: (inout LogEntry, inout EntryBatch) -> Void) -> Trust {
            Self.printed(line, change: change).event.trust
        }
        #expect(trust { entry, batch in entry.container = batch.append("web".utf8) } == .forgedUnit)
        #expect(trust { entry, _ in entry.uid = 1000 } == .forgedUser)
        #expect(trust { entry, _ in entry.uid = nil } == .forgedUser)
        #expect(trust { entry, _ in entry.transport = .syslog } == .forgedTransport)
        #expect(trust { entry, _ in entry.executable = .absent } == .forgedExecutable)
        #expect(
            trust { entry, batch in entry.executable = batch.append("/usr/bin/logger".utf8) }
                == .forgedExecutable
        )
        #expect(
            trust { entry, batch in entry.executable = batch.append("/home/x/dockerd".utf8) }
                == .forgedExecutable
        )
        #expect(Self.printed(line + "\nNov 20 18:00:00 mail x").event.trust == .forgedControl)
        #expect(Self.printed("\n").event.dialect == .none)
        #expect(Self.printed("dovecot: imap-login: Login").event.dialect == .none)
        #expect(Self.printed("anything at all").event.dialect == .none)
    }

    @Test func `Postfix built by the site is believed where the settings name its directory`() {
        func trust(_ directories: [String]) -> Trust {
            var settings = TrustSettings(daemonDirectories: directories)
            settings.postfixUsers = [101]
            var batch = EntryBatch()
            var entry = LogEntry(time: Timestamp(microseconds: 5))
            entry.identifier = batch.append(Array("postfix/qmgr".utf8))
            entry.message = batch.append(Array("ABCDEF0123: removed".utf8))
            entry.executable = batch.append(Array("/opt/postfix/libexec/qmgr".utf8))
            entry.transport = .syslog
            entry.uid = 101
            return LineReader(settings: settings).read(entry, in: batch.bytes).trust
        }
        #expect(trust(TrustSettings.usualDaemonDirectories) == .forgedExecutable)
        #expect(trust(["/opt/postfix/libexec"]) == .genuine)
    }

    @Test func `another unit is refused, but not for the administrator's tools`() {
        func inUnit(_ identifier: String, _ unit: String) -> Trust {
            Self.event(identifier) { entry, batch in
                entry.executable = .absent
                entry.unit = batch.append(Array(unit.utf8))
            }.trust
        }
        #expect(inUnit("postfix/qmgr", "apache2.service") == .forgedUnit)
        #expect(inUnit("postfix/postsuper", "session-3.scope") == .genuine)
        #expect(inUnit("postfix/qmgr", "postfix.service") == .genuine)
    }

    @Test func `a process id that is not the sender's is refused`() {
        #expect(Self.event { entry, _ in entry.syslogPid = 4242 }.trust == .forgedPid)
    }

    @Test(arguments: ["ABCDEF0123: removed\nABCDEF0124: removed", "ABCDEF0123: rem\0oved"])
    func `a line break or NUL is refused`(message: String) {
        #expect(Self.event("postfix/qmgr", message).trust == .forgedControl)
    }

    @Test(arguments: [
        "postfix/sendmail", "postfix/postdrop", "postfix", "sendmail", "bulk", "mlmmj-send",
    ])
    func `what any user's program may write is no forgery`(identifier: String) {
        let event = Self.event(identifier, "fatal: x") { entry, _ in entry.uid = 1000 }
        #expect(event.trust == .unproven)
        #expect(event.kind == .other)
    }

    @Test func `only journald itself can say that it dropped lines`() {
        func notice(_ road: Transport) -> MailEvent {
            Self.event("systemd-journald", "Suppressed 618 messages") { entry, batch in
                entry.transport = road
                entry.isSuppressionNotice = true
                entry.dropped = 618
                entry.objectUnit = batch.append(Array("postfix@-.service".utf8))
            }
        }
        #expect(notice(.driver).kind == .suppressed)
        #expect(notice(.driver).count == 618)
        #expect(notice(.syslog).kind == .other)
        #expect(notice(.syslog).trust == .forgedTransport)
    }

    @Test func `imported entries are believed only where the settings say so`() {
        var batch = EntryBatch()
        var entry = LogEntry(time: Timestamp(microseconds: 0))
        entry.identifier = batch.append(Array("postfix/qmgr".utf8))
        entry.message = batch.append(Array("ABCDEF0123: removed".utf8))
        #expect(Self.reader.read(entry, in: batch.bytes).trust == .forgedTransport)
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        let lenient = LineReader(settings: settings)
        #expect(lenient.read(entry, in: batch.bytes).trust == .genuine)
    }
}
