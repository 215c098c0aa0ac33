// SPDX-License-Identifier: Apache-2.0
//
// How copies leave: the lines of smtp, pipe and bounce.

internal import EventTime

extension MailHost {
    /// One recipient of a message with many.
    mutating func deliver(
        _ fanOut: FanOut,
        _ member: Int,
        at time: Timestamp
    ) -> DeliveryOutcome {
        let address = fanOut.address(of: member)
        let isAgain = fanOut.isFirstPassDone
        let luck = random.unit()
        let isBounce = luck < scenario.bouncedShare
        let isDeferred =
            !isBounce && !isAgain && luck < scenario.bouncedShare + scenario.deferredShare
        let outcome = isBounce ? DeliveryOutcome.bounced : isDeferred ? .deferred : .sent
        if scenario.lists.indices.contains(fanOut.names),
            scenario.lists[fanOut.names].isLocal(member)
        {
            deliverHere(fanOut, address, at: time)
            return .sent
        }
        writeDelivery(
            fanOut.queueID,
            address,
            fanOut.originalTo,
            since: fanOut.arrival,
            outcome,
            at: time
        )
        return outcome
    }

    /// A copy for a mailbox of this host.
    private mutating func deliverHere(_ fanOut: FanOut, _ address: String, at time: Timestamp) {
        let original = fanOut.originalTo.isEmpty ? "" : ", orig_to=<\(fanOut.originalTo)>"
        write(
            .local,
            "\(fanOut.queueID): to=<\(address)>\(original), relay=local, "
                + Delays(total: time - fanOut.arrival, transmission: milliseconds(2)).text
                + ", dsn=2.0.0, status=sent (delivered to mailbox)",
            at: time
        )
    }

    /// A message of its own for one member, as mlmmj makes it, or Mailman with VERP.
    mutating func deliverPersonally(_ fanOut: FanOut, _ member: Int, at time: Timestamp) {
        guard let verp = fanOut.verp else { return }
        let address = fanOut.address(of: member)
        // The poster gets no copy, mlmmj-send(1).
        guard verp.isMailman || address != verp.post.poster else { return }
        let child = queueIDs.make(at: time)
        var copy = fanOut
        copy.queueID = child.id
        copy.inode = child.inode
        copy.members = 0..<1
        copy.firstReaders = [address]
        let mark = verp.isMailman ? "-bounces+" : "+bounces-\(verp.number)-"
        copy.sender =
            "\(Names.local(of: verp.list))\(mark)\(Names.local(of: address))="
            + "\(Names.domain(of: address))@\(Names.domain(of: verp.list))"
        inject(
            verp.post,
            copy,
            address,
            SimulatedList(address: verp.list, members: 1),
            at: time
        )
        let end = time + milliseconds(60 + 300 * random.unit())
        writeDelivery(child.id, address, "", since: time, .sent, at: end)
        remove(child.id, child.inode, at: end + milliseconds(0.5))
    }

    /// The last lines of a message: the bounce if there is one, and `removed`.
    mutating func finish(_ fanOut: FanOut, at time: Timestamp) {
        if fanOut.verp?.isMailman == true { return }
        if let verp = fanOut.verp {
            write(
                .pipe,
                "\(fanOut.queueID): to=<\(verp.list)>, relay=mlmmj, "
                    + Delays(total: time - fanOut.arrival, transmission: time - fanOut.arrival).text
                    + ", dsn=2.0.0, status=sent (delivered via mlmmj service)",
                at: time
            )
        } else if fanOut.bounces > 0 {
            writeBounce(of: fanOut, at: time)
        }
        remove(fanOut.queueID, fanOut.inode, at: time + milliseconds(3))
    }

    private mutating func writeBounce(of fanOut: FanOut, at time: Timestamp) {
        let notice = queueIDs.make(at: time)
        let seconds = String((time.seconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000)
        write(
            .cleanup,
            "\(notice.id): message-id=<2026\(seconds).\(notice.id)@\(scenario.host)>",
            at: time
        )
        write(
            .bounce,
            "\(fanOut.queueID): sender non-delivery notification: \(notice.id)",
            at: time + milliseconds(1)
        )
        write(
            .qmgr,
            "\(notice.id): from=<>, size=2914, nrcpt=1 (queue active)",
            at: time + milliseconds(2)
        )
        let end = time + milliseconds(5)
        if fanOut.sender.hasPrefix("owner-") {
            write(
                .local,
                "\(notice.id): to=<root@\(scenario.host)>, orig_to=<\(fanOut.sender)>, "
                    + "relay=local, "
                    + Delays(total: end - time, transmission: milliseconds(2)).text
                    + ", dsn=2.0.0, status=sent (delivered to mailbox)",
                at: end
            )
        } else {
            writeDelivery(notice.id, fanOut.sender, "", since: time, .sent, at: end)
        }
        remove(notice.id, notice.inode, at: end + milliseconds(1))
    }

    /// smtp's line about one recipient.
    private mutating func writeDelivery(
        _ queueID: String,
        _ address: String,
        _ originalTo: String,
        since arrival: Timestamp,
        _ outcome: DeliveryOutcome,
        at time: Timestamp
    ) {
        let domain = Names.domain(of: address)
        let relay = Names.relay(domain)
        let delays = Delays(
            total: time - arrival,
            setUp: milliseconds(5 + 60 * random.unit()),
            transmission: milliseconds(20 + 200 * random.unit())
        )
        let original = originalTo.isEmpty ? "" : ", orig_to=<\(originalTo)>"
        let head = "\(queueID): to=<\(address)>\(original), relay="
        switch outcome {
        case .sent:
            let id = String(random.next() >> 20, radix: 36, uppercase: true)
            write(
                .smtp,
                "\(head)\(relay):25, \(delays.text), dsn=2.0.0, "
                    + "status=sent (250 2.0.0 Ok: queued as \(id))",
                at: time
            )
        case .deferred:
            write(
                .smtp,
                "\(head)none, \(delays.text), dsn=4.4.1, status=deferred (connect to "
                    + "\(relay):25: Connection timed out)",
                at: time
            )
        case .bounced:
            write(
                .smtp,
                "\(head)\(relay):25, \(delays.text), dsn=5.1.1, status=bounced (host "
                    + "\(relay) said: 550 5.1.1 <\(address)>: Recipient address rejected: User "
                    + "unknown in virtual mailbox table (in reply to RCPT TO command))",
                at: time
            )
        }
    }
}
