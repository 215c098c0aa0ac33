// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this target share: a script of log lines that goes through the real parser
// into ListTraffic, and the sums of what came out. Each line is a microsecond later than the one
// before unless the test says otherwise.

import EventTime
import ListTraffic
import MailLog

/// What came out for one list.
struct ListSums: Equatable {
    var posts = 0
    var announced: Int64 = 0
    var sent: Int64 = 0
    var returned = 0
}

/// Log lines in, sums out.
struct LogScript {
    var traffic: ListTraffic
    var reader: LineReader
    var time = Timestamp(seconds: 1_795_500_000)
    var machine = ""
    var instance = "postfix"
    var posts: [Post] = []
    var sums: [String: ListSums] = [:]
    var outbound = 0
    var evicted = 0
    /// `size=` of the next messages; a filter adds to it.
    var size = 1000
    var events: [TrafficEvent] = []
    /// Lines of the kinds here are left out, as if journald had dropped them.
    var dropped: Set<MailEvent.Kind> = []

    init(_ settings: TrafficSettings = TrafficSettings()) {
        traffic = ListTraffic(settings: settings)
        var trust = TrustSettings()
        trust.acceptsAbsentFields = true
        reader = LineReader(settings: trust)
    }

    /// Reads `message` as written by `process` of the current instance.
    mutating func line(_ process: String, _ message: String) {
        feed(identifier: "\(instance)/\(process)", message)
    }

    /// Reads one line of any identifier.
    mutating func feed(identifier: String, _ message: String) {
        var batch = EntryBatch()
        var entry = LogEntry(time: time)
        entry.message = batch.append(Array(message.utf8))
        entry.identifier = batch.append(Array(identifier.utf8))
        if !machine.isEmpty { entry.machine = batch.append(Array(machine.utf8)) }
        time = time + TimeSpan(microseconds: 1)
        let event = reader.read(entry, in: batch.bytes)
        guard !dropped.contains(event.kind) else { return }
        observe(event, batch.bytes)
    }

    /// Gives `event` to ListTraffic and adds up what comes out.
    mutating func observe(_ event: MailEvent, _ bytes: [UInt8]) {
        var out: [TrafficEvent] = []
        traffic.observe(event, in: bytes, into: &out)
        for event in out { add(event) }
        events += out
    }

    private mutating func add(_ event: TrafficEvent) {
        switch event {
        case .post(let post):
            posts.append(post)
            sums[traffic.address(of: post.list), default: ListSums()].posts += 1
            sums[traffic.address(of: post.list), default: ListSums()].announced += post.copies
        case .announced(let list, let copies, _):
            sums[traffic.address(of: list), default: ListSums()].announced += copies
        case .sent(let list, let copies, _):
            sums[traffic.address(of: list), default: ListSums()].sent += copies
        case .returned(let list, _, _, _, _):
            sums[traffic.address(of: list), default: ListSums()].returned += 1
        case .outbound: outbound += 1
        case .evicted: evicted += 1
        case .outward, .senderEvicted: break
        }
    }

    /// Lets `seconds` pass.
    mutating func wait(_ seconds: Int64) { time = time + .seconds(seconds) }

    // MARK: Lives

    /// A message comes in by SMTP.
    mutating func arrive(
        _ id: String,
        from sender: String,
        message: String,
        client: String = "mx.example.net[192.0.2.9]",
        headers: [String] = [],
        recipients: Int = 1
    ) {
        line("smtpd", "\(id): client=\(client)")
        born(id, from: sender, message: message, headers: headers, recipients: recipients)
    }

    /// A message comes in by the sendmail command.
    mutating func pickUp(_ id: String, from sender: String, message: String, recipients: Int) {
        line("pickup", "\(id): uid=1000 from=<\(sender)>")
        born(id, from: sender, message: message, recipients: recipients)
    }

    /// cleanup's and the queue manager's lines.
    mutating func born(
        _ id: String,
        from sender: String,
        message: String,
        headers: [String] = [],
        recipients: Int
    ) {
        for header in headers {
            line(
                "cleanup",
                "\(id): info: header \(header) from mx.example.net[192.0.2.9]; from=<\(sender)> "
                    + "to=<x@example.org> proto=ESMTP helo=<mx.example.net>"
                    + (header.hasPrefix("In-Reply-To")
                        ? ": parent=\(header.drop { $0 != "<" })" : "")
            )
        }
        line("cleanup", "\(id): message-id=<\(message)>")
        queue(id, from: sender, recipients: recipients)
    }

    /// The queue manager's line, which comes again at each retry.
    mutating func queue(_ id: String, from sender: String, recipients: Int) {
        line("qmgr", "\(id): from=<\(sender)>, size=\(size), nrcpt=\(recipients) (queue active)")
    }

    /// One recipient's line.
    mutating func deliver(
        _ id: String,
        to recipient: String,
        original: String = "",
        by process: String = "smtp",
        relay: String = "mx.example.com[203.0.113.5]:25",
        status: String = "sent",
        text: String = "250 2.0.0 Ok"
    ) {
        let orig = original.isEmpty ? "" : "orig_to=<\(original)>, "
        line(
            process,
            "\(id): to=<\(recipient)>, \(orig)relay=\(relay), delay=0.02, delays=0/0/0.01/0.01, "
                + "dsn=2.0.0, status=\(status) (\(text))"
        )
    }

    /// The alias's own line.
    mutating func forward(_ id: String, to list: String, as child: String) {
        deliver(id, to: list, by: "local", relay: "local", text: "forwarded as \(child)")
    }

    mutating func remove(_ id: String) { line("qmgr", "\(id): removed") }

    /// Members `m1@example.com` to `mN@example.com` get a copy each.
    mutating func deliverCopies(_ id: String, _ members: Int, first: Int = 1, original: String = "")
    {
        for member in first..<(first + members) {
            deliver(id, to: "m\(member)@example.com", original: original)
        }
    }

    /// A whole post to an alias with an owner: ids `P<n>` and `F<n>`.
    mutating func postToOwnerAlias(
        _ number: Int,
        list: String = "annonce@lists.example.org",
        from poster: String,
        members: Int = 4,
        headers: [String] = []
    ) {
        let (parent, child) = (Self.id(number * 2), Self.id(number * 2 + 1))
        arrive(parent, from: poster, message: "m\(number)@example.org", headers: headers)
        born(child, from: "owner-\(list)", message: "m\(number)@example.org", recipients: members)
        forward(parent, to: list, as: child)
        remove(parent)
        deliverCopies(child, members)
        remove(child)
    }

    /// A short queue id.
    static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "A" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
