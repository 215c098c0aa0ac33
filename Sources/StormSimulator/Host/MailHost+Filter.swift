// SPDX-License-Identifier: Apache-2.0
//
// A content filter behind the queue: the message goes out to it, waits, and comes in again under
// another queue id with the headers and the Message-ID that it had; FILTER_README of Postfix,
// "advanced content filter", with amavis's words.

internal import EventTime

extension MailHost {
    /// Sends `message` through the filter; what comes back, and when.
    mutating func filter(
        _ message: Incoming,
        at time: Timestamp
    ) -> (message: Incoming, active: Timestamp) {
        let back = time + scenario.filterDelay
        let (queueID, inode) = queueIDs.make(at: back)
        let client = "localhost[127.0.0.1]"
        let smtpd = pick(.smtpd)
        write(.smtpd, "connect from \(client)", at: back, pid: smtpd)
        write(.smtpd, "\(queueID): client=\(client)", at: back, pid: smtpd)
        let envelope = Envelope(
            queueID: queueID,
            client: client,
            sender: message.post.envelopeSender,
            recipient: message.recipient,
            helo: "localhost"
        )
        writeHeaders(of: message.post, envelope, at: back + milliseconds(1))
        let active = back + milliseconds(6)
        write(
            .qmgr,
            "\(queueID): from=<\(message.post.envelopeSender)>, size=\(message.size + 421), "
                + "nrcpt=1 (queue active)",
            at: active
        )
        write(
            .smtpd,
            "disconnect from \(client) ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
            at: active + milliseconds(1),
            pid: smtpd
        )
        write(
            .smtp,
            "\(message.queueID): to=<\(message.recipient)>, relay=127.0.0.1[127.0.0.1]:10024, "
                + Delays(total: active - message.arrival, transmission: scenario.filterDelay).text
                + ", dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): "
                + "250 2.0.0 Ok: queued as \(queueID))",
            at: active + milliseconds(2)
        )
        remove(message.queueID, message.inode, at: active + milliseconds(3))
        var again = message
        again.queueID = queueID
        again.inode = inode
        again.size += 421
        again.arrival = back
        return (again, active + milliseconds(4))
    }
}
