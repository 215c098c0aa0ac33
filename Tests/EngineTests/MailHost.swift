// SPDX-License-Identifier: Apache-2.0
//
// A mail host in a few lines: the journal entries that Postfix on Debian 12 writes for a post to an
// aliases(5) list with an owner, with the trusted fields that journald adds. The forms were read
// off a running Postfix 3.7.11.

import EventTime
import MailLog

struct MailHost {
    var time: Timestamp
    var batch = EntryBatch()
    private var serial = 0xC0_0000

    init(at time: Timestamp) {
        self.time = time
    }

    /// Writes one line, a millisecond after the last one.
    mutating func log(_ process: String, _ message: String, uid: UInt32 = 101) {
        time = time + TimeSpan(microseconds: 1000)
        var entry = LogEntry(time: time)
        entry.message = batch.append(message.utf8)
        entry.identifier = batch.append("postfix/\(process)".utf8)
        entry.transport = .syslog
        entry.uid = process == "local" || process == "pipe" ? 0 : uid
        entry.pid = 1000
        entry.syslogPid = 1000
        entry.executable = batch.append("/usr/lib/postfix/sbin/\(process)".utf8)
        entry.unit = batch.append("postfix@-.service".utf8)
        batch.entries.append(entry)
        batch.cursor = "s=1;i=\(batch.entries.count)"
    }

    mutating func nextID() -> String {
        serial += 17
        return String(serial, radix: 16, uppercase: true) + "89A5"
    }

    /// A post to `list@lists.example.org` and the announcement of its copies; `delivered` of them
    /// leave within the next seconds.
    ///
    /// Returns the queue id of the copies.
    @discardableResult
    mutating func post(
        _ list: String,
        from poster: String,
        id: String,
        answering parent: String? = nil,
        copies: Int,
        delivered: Int = 0
    ) -> String {
        let address = "\(list)@lists.example.org"
        let incoming = nextID()
        let outgoing = nextID()
        let envelope = "from=<\(poster)> to=<\(address)> proto=ESMTP helo=<client.example.org>"
        log("smtpd", "\(incoming): client=mx.example.com[192.0.2.7]")
        log(
            "cleanup",
            "\(incoming): info: header Message-ID: <\(id)> from mx.example.com[192.0.2.7]; "
                + envelope
        )
        log("cleanup", "\(incoming): message-id=<\(id)>")
        if let parent {
            log(
                "cleanup",
                "\(incoming): info: header In-Reply-To: <\(parent)> from "
                    + "mx.example.com[192.0.2.7]; \(envelope): parent=<\(parent)>"
            )
        }
        log("qmgr", "\(incoming): from=<\(poster)>, size=1433, nrcpt=1 (queue active)")
        log("cleanup", "\(outgoing): message-id=<\(id)>")
        log(
            "qmgr",
            "\(outgoing): from=<owner-\(list)@lists.example.org>, size=1572, nrcpt=\(copies) "
                + "(queue active)"
        )
        log(
            "local",
            "\(incoming): to=<\(address)>, relay=local, delay=0.03, delays=0/0.01/0/0.01, "
                + "dsn=2.0.0, status=sent (forwarded as \(outgoing))"
        )
        log("qmgr", "\(incoming): removed")
        for number in 0..<delivered { copy(outgoing, to: "s\(number)@example.net") }
        if delivered == copies { log("qmgr", "\(outgoing): removed") }
        return outgoing
    }

    /// One copy leaves.
    mutating func copy(_ id: String, to subscriber: String) {
        log(
            "smtp",
            "\(id): to=<\(subscriber)>, relay=127.0.0.1[127.0.0.1]:2525, delay=0.1, "
                + "delays=0.05/0/0.01/0.04, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
        )
    }

    /// What was written since the last call.
    mutating func take() -> EntryBatch {
        defer { batch.removeAll() }
        return batch
    }
}
