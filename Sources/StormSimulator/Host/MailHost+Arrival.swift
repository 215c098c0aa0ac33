// SPDX-License-Identifier: Apache-2.0
//
// How a message comes in and what the list makes of it: the lines of smtpd, cleanup, qmgr and of
// the agent that expands the list, in the order in which Postfix 3.7 logs them.

internal import EventTime

extension MailHost {
    /// Everything that the arrival of `post` writes.
    mutating func arrive(_ post: SimulatedPost, at place: Int) {
        let domain = Names.domain(of: post.poster)
        let isAccount = post.list == nil
        let client = isAccount ? "unknown[203.0.113.66]" : Names.relay(domain)
        let list = post.list.map { number in scenario.lists[number] }
        let recipient =
            post.role == .other
            ? list.map { list in "owner-\(list.address)" } ?? Names.member(0, of: 9999)
            : list?.address ?? ""
        let time = post.time + milliseconds(25 + 20 * random.unit())
        let (queueID, inode) = queueIDs.make(at: time)
        let envelope = Envelope(
            queueID: queueID,
            client: client,
            sender: post.envelopeSender,
            recipient: recipient,
            helo: isAccount ? "[192.168.1.7]" : "mx.\(domain)"
        )
        let smtpd = post.isProgram ? 0 : pick(.smtpd)
        if post.isProgram {
            write(.pickup, "\(queueID): uid=33 from=<\(post.envelopeSender)>", at: time)
        } else {
            write(.smtpd, "connect from \(client)", at: post.time, pid: smtpd)
            let login = isAccount ? ", sasl_method=PLAIN, sasl_username=\(post.poster)" : ""
            write(.smtpd, "\(queueID): client=\(client)\(login)", at: time, pid: smtpd)
        }
        writeHeaders(of: post, envelope, at: time + milliseconds(3))
        let size = 900 + random.whole(0..<6000)
        let active = time + milliseconds(9)
        write(
            .qmgr,
            "\(queueID): from=<\(post.envelopeSender)>, size=\(size), "
                + "nrcpt=\(post.recipients) (queue active)",
            at: active,
            announces: isAccount ? place : nil
        )
        if !post.isProgram {
            write(
                .smtpd,
                "disconnect from \(client) ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 "
                    + "commands=7",
                at: active + milliseconds(1),
                pid: smtpd
            )
        }
        let message = Incoming(
            place: place,
            post: post,
            queueID: queueID,
            inode: inode,
            size: size,
            arrival: time,
            recipient: recipient
        )
        guard let list, let number = post.list, post.role != .other else {
            deliverPlain(message, at: active + milliseconds(3))
            return
        }
        if scenario.filterDelay.microseconds > 0, !post.isProgram {
            let (filtered, again) = filter(message, at: active + milliseconds(3))
            return expand(filtered, list, number, at: again)
        }
        expand(message, list, number, at: active + milliseconds(4))
    }

    /// A message in the queue that is to be given to its list.
    struct Incoming {
        /// Its place in the plan.
        var place: Int
        var post: SimulatedPost
        var queueID: String
        var inode: Int
        var size: Int
        var arrival: Timestamp
        var recipient: String
    }

    // MARK: Expansion

    private mutating func expand(
        _ message: Incoming,
        _ list: SimulatedList,
        _ number: Int,
        at time: Timestamp
    ) {
        switch list.shape {
        case .includeOwner, .include: expandAlias(message, list, number, at: time)
        case .mailman, .mailmanVerp: expandMailman(message, list, number, at: time)
        case .mlmmj where scenario.messagesPerPost < list.members:
            expandChunkedMlmmj(message, list, number, at: time)
        case .mlmmj:
            var fanOut = self.fanOut(message, list, number, 0..<list.members)
            fanOut.verp = FanOut.Verp(
                list: list.address,
                number: nextPostNumber(of: number),
                post: message.post
            )
            later(fanOut, at: time + milliseconds(30))
        }
    }

    private mutating func expandAlias(
        _ message: Incoming,
        _ list: SimulatedList,
        _ number: Int,
        at time: Timestamp
    ) {
        let child = queueIDs.make(at: time)
        var fanOut = self.fanOut(message, list, number, 0..<list.members)
        fanOut.queueID = child.id
        fanOut.inode = child.inode
        fanOut.arrival = time
        fanOut.size += 139
        if list.shape == .includeOwner {
            fanOut.sender = "owner-\(list.address)"
        } else {
            fanOut.originalTo = list.address
        }
        write(.cleanup, "\(child.id): message-id=\(message.post.messageID)", at: time)
        let active = time + milliseconds(3)
        writeActive(fanOut, at: active)
        let delay = active + milliseconds(2) - message.arrival
        write(
            .local,
            "\(message.queueID): to=<\(list.address)>, relay=local, "
                + Delays(total: delay, transmission: milliseconds(6)).text
                + ", dsn=2.0.0, status=sent (forwarded as \(child.id))",
            at: active + milliseconds(2)
        )
        remove(message.queueID, message.inode, at: active + milliseconds(2.2))
        later(fanOut, at: active + milliseconds(3))
    }

    private mutating func expandMailman(
        _ message: Incoming,
        _ list: SimulatedList,
        _ number: Int,
        at time: Timestamp
    ) {
        let delay = time + milliseconds(60) - message.arrival
        write(
            .lmtp,
            "\(message.queueID): to=<\(list.address)>, relay=127.0.0.1[127.0.0.1]:8024, "
                + Delays(total: delay, transmission: milliseconds(50)).text
                + ", dsn=2.0.0, status=sent (250 Ok)",
            at: time + milliseconds(60)
        )
        remove(message.queueID, message.inode, at: time + milliseconds(61))
        let sender = "\(Names.local(of: list.address))-bounces@\(Names.domain(of: list.address))"
        guard list.shape == .mailman else {
            var fanOut = self.fanOut(message, list, number, 0..<list.members)
            fanOut.verp = FanOut.Verp(list: list.address, number: 0, post: message.post)
            fanOut.verp?.isMailman = true
            let released = max(time, message.post.release ?? time)
            return later(fanOut, at: released + milliseconds(1200))
        }
        // Mailman's smtp_max_recipients: 500.
        expandInChunks(message, list, number, of: 500, from: sender, at: time)
    }

    /// mlmmj with `verp` set to Postfix's own and `maxverprecips` members a message: Postfix puts the
    /// member into the sender when it delivers, so that the queue manager shows none.
    private mutating func expandChunkedMlmmj(
        _ message: Incoming,
        _ list: SimulatedList,
        _ number: Int,
        at time: Timestamp
    ) {
        let delay = time + milliseconds(20) - message.arrival
        write(
            .pipe,
            "\(message.queueID): to=<\(list.address)>, relay=mlmmj, "
                + Delays(total: delay, transmission: milliseconds(15)).text
                + ", dsn=2.0.0, status=sent (delivered via mlmmj service)",
            at: time + milliseconds(20)
        )
        remove(message.queueID, message.inode, at: time + milliseconds(21))
        let local = Names.local(of: list.address)
        let sender =
            "\(local)+bounces-\(nextPostNumber(of: number))@\(Names.domain(of: list.address))"
        expandInChunks(message, list, number, of: 100, from: sender, at: time)
    }

    private mutating func expandInChunks(
        _ message: Incoming,
        _ list: SimulatedList,
        _ number: Int,
        of usualSize: Int,
        from sender: String,
        at time: Timestamp
    ) {
        let messages = max(1, scenario.messagesPerPost)
        let size = max(usualSize, list.members / messages + (list.members % messages).signum())
        for (chunk, first) in stride(from: 0, to: list.members, by: size).enumerated() {
            let released = max(time, message.post.release ?? time)
            let members = first..<min(first + size, list.members)
            let due = released + milliseconds(1200 + 400 * Double(chunk))
            let begin = handOver(members.count, of: number, due: due)
            var fanOut = self.fanOut(message, list, number, members)
            fanOut.sender = sender
            if chunk > 0 { fanOut.firstReaders = [] }
            let child = queueIDs.make(at: begin)
            fanOut.queueID = child.id
            fanOut.inode = child.inode
            fanOut.arrival = begin
            fanOut.size += 1800
            inject(message.post, fanOut, fanOut.address(of: first), list, at: begin)
            later(fanOut, at: begin + milliseconds(15))
        }
    }

    /// A list manager hands a message to smtpd on the loopback interface.
    mutating func inject(
        _ post: SimulatedPost,
        _ fanOut: FanOut,
        _ recipient: String,
        _ list: SimulatedList,
        at time: Timestamp
    ) {
        let smtpd = pick(.smtpd)
        let client = "localhost[127.0.0.1]"
        write(.smtpd, "connect from \(client)", at: time, pid: smtpd)
        write(.smtpd, "\(fanOut.queueID): client=\(client)", at: time, pid: smtpd)
        let envelope = Envelope(
            queueID: fanOut.queueID,
            client: client,
            sender: fanOut.sender,
            recipient: recipient,
            helo: scenario.host,
            listID: list.address
        )
        writeHeaders(of: post, envelope, at: time + milliseconds(1))
        writeActive(fanOut, at: time + milliseconds(6))
        let count = fanOut.members.count
        write(
            .smtpd,
            "disconnect from \(client) ehlo=1 mail=1 rcpt=\(count) data=1 quit=1 "
                + "commands=\(count + 4)",
            at: time + milliseconds(7),
            pid: smtpd
        )
    }

    private mutating func fanOut(
        _ message: Incoming,
        _ list: SimulatedList,
        _ number: Int,
        _ members: Range<Int>
    ) -> FanOut {
        if list.localShare > 0, provedPosts[number] == nil { provedPosts[number] = message.place }
        return FanOut(
            post: message.place,
            queueID: message.queueID,
            inode: message.inode,
            sender: message.post.envelopeSender,
            names: number,
            members: members,
            next: members.lowerBound,
            size: message.size,
            arrival: message.arrival,
            firstReaders: message.post.firstReaders,
            copyLines: provedPosts[number] == message.place ? .max : scenario.copyLines
        )
    }

    private mutating func writeActive(_ fanOut: FanOut, at time: Timestamp) {
        write(
            .qmgr,
            "\(fanOut.queueID): from=<\(fanOut.sender)>, size=\(fanOut.size), "
                + "nrcpt=\(fanOut.members.count) (queue active)",
            at: time,
            announces: fanOut.post
        )
    }

    /// Mail for the list's owner or from an account: no list has to do with it.
    private mutating func deliverPlain(_ message: Incoming, at time: Timestamp) {
        if message.post.list == nil {
            let fanOut = FanOut(
                post: message.place,
                queueID: message.queueID,
                inode: message.inode,
                sender: message.post.poster,
                names: 9999,
                members: 0..<message.post.recipients,
                next: 0,
                size: message.size,
                arrival: message.arrival
            )
            later(fanOut, at: time)
            return
        }
        let delay = time - message.arrival
        write(
            .local,
            "\(message.queueID): to=<root@\(scenario.host)>, "
                + "orig_to=<\(message.recipient)>, relay=local, "
                + Delays(total: delay, transmission: milliseconds(2)).text
                + ", dsn=2.0.0, status=sent (delivered to mailbox)",
            at: time
        )
        remove(message.queueID, message.inode, at: time + milliseconds(0.3))
    }
}
