// SPDX-License-Identifier: Apache-2.0
//
// The entrance: every mail event comes in here and is given to the rule that its kind belongs to.
// What is remembered stands in five values with a state of their own; the rules, in the folder
// Rules, join them. The mistake to avoid: work on the path of a delivery line; nine lines in ten are
// one, and each may cost one lookup, no more.

public import Archive
internal import EventTime
public import MailLog

/// Turns mail events into posts, copies and replies, list by list.
///
/// NAME
///     ListTraffic - what happens on each list, from the log's lines
///
/// SUMMARY
///     var traffic = ListTraffic(settings: settings)
///     traffic.observe(event, in: batch.bytes, into: &events)
///
/// DESCRIPTION
///     A list is configured, or recognised by the envelope senders that list managers use
///     (`owner-LIST@`, `LIST-bounces@`, `LIST-owner@`, `LIST+bounces-N-...@`, `LIST-return-...@`)
///     on messages that this host itself made or took from itself, or by an alias whose expansion
///     fans out. The message that came from outside (parent) and the one that carries the copies
///     (child) are joined by Message-ID, whichever line comes first. A post counts once, however
///     many chunks, retries, filters and requeues it goes through; its copies are announced from
///     `nrcpt=` before the first leaves, and counted as sent when a recipient's line says so.
///     A reply is one by In-Reply-To where the log shows headers, otherwise by who posts.
///
///     Mail that is no list's is counted by its sender as it goes to the outside: by the login
///     that handed it over (`sasl_username=`, Exim's `A=`), else, where a program of this host
///     did, by its envelope sender without BATV and extension. A sender is settled by a message's
///     first lines. A filter's, or a requeue's, second look at it keeps it, and each recipient's
///     line to another host counts once, up to `nrcpt=`. Nothing else has a sender: not mail that
///     came from elsewhere without a login, and so not what an alias, a forward or SRS sends on;
///     not the null sender, and no list's sender or its VERP form, unless somebody logged in.
///
/// LIMITS
///     See ``TrafficSettings``; at least 16 of each. Members are estimated from the last 8
///     fan-outs; 4 regular posters and 4 learned aliases a list; 254 bytes an address; 1,024
///     finished messages are kept for lines that come late, 256 aliases for lines that come early;
///     64 filters. A program's envelope sender pushes out another program's, never a login.
///
/// SECURITY
///     No I/O, no clock, no randomness. Believes only events whose trust is genuine. An outsider's
///     envelope sender names no list: recognition asks that the message was made by local(8), the
///     sendmail command, a loopback client or a configured host, and that no message from outside
///     brought the same sender under the same Message-ID.
///
/// DIAGNOSTICS
///     ``counts``: how full each memory is, what was evicted, not believed, not understood.
///
/// BUGS
///     Copies for members on this host whose mail is forwarded further count as one copy. Without
///     headers in the log, an answer from another address than the one that got the copy is not
///     seen as a reply. Sendmail's lines never name the alias that was expanded: its own aliases
///     are no lists. A virtual alias that is not known yet shows only by its third recipient.
///     A program that writes another envelope sender into each message is as many senders. A host
///     that relays through this one by its address alone has none. OpenSMTPD and Sendmail log no
///     login with the message. What Sieve redirects without a Message-ID is its sender's.
public struct ListTraffic: Sendable {
    /// How long a missing Message-ID or parent is looked for in what came just before.
    ///
    /// Chosen: list managers hand over within seconds; their retry is 15 minutes.
    static let joinSpan = TimeSpan.minutes(10).microseconds

    private(set) var settings: TrafficSettings
    /// Hashes of ``TrafficSettings/listHosts``.
    private(set) var listHosts: Set<UInt64> = []
    var messages = Messages()
    var directory = Directory()
    var posts = Posts()
    var twins = Twins()
    var senders = Senders()
    var tally = TrafficCounts()
    /// What was announced by messages that ended, and not yet asked for.
    var ended = DeliveryTally()
    /// Microseconds before which lines of a message may be missing for reasons that were said.
    var accountedSince = Int64.min
    /// Facts for other hosts, not saved; nil: nobody wants them.
    var ledger: FactLedger?
    /// Not saved: what the line before was hashed to.
    private var names = NameMemo()
    /// What the line at hand means, in order; empty between lines.
    private var told: [TrafficEvent] = []
    /// Lists that left between two lines, still to be told.
    private var owed: [ListID] = []
    /// Senders that left likewise.
    private var owedSenders: [SenderID] = []

    /// Empty memory under `settings`.
    public init(settings: TrafficSettings) {
        self.settings = settings
        update(settings: settings)
    }

    /// Takes new settings and keeps everything that was learned.
    ///
    /// A smaller table sheds its oldest records as new ones come.
    public mutating func update(settings: TrafficSettings) {
        self.settings = settings
        listHosts = Set(
            settings.listHosts.map { host in
                let bytes = Array(host.utf8)
                return ByteHash.foldedHash(bytes, ByteRange(start: 0, end: bytes.count))
            }
        )
        messages.setLimits(settings)
        posts.setLimits(settings)
        twins.setLimits(settings)
        senders.setLimits(settings)
        for gone in directory.update(settings) { owe(gone) }
    }

    /// Names the lists that are never forgotten: those whose breaker is not closed.
    ///
    /// The set replaces the one before; an address that is no list yet becomes one.
    public mutating func setPinned(_ addresses: Set<String>) {
        for gone in directory.setPinned(addresses) { owe(gone) }
    }

    /// Names the senders that are never forgotten: those whose breaker is not closed.
    ///
    /// The set replaces the one before.
    public mutating func setPinned(senders addresses: Set<String>) {
        for gone in senders.setPinned(addresses) {
            tally.evictedSenders += 1
            owedSenders.append(gone)
        }
    }

    /// Takes one mail event and appends what it means to `out`.
    ///
    /// O(1) in everything that is remembered; allocates nothing for a delivery line.
    /// - Parameters:
    ///   - event: the event; anything but a genuine one is counted and left.
    ///   - bytes: the bytes that the event's ranges point into.
    ///   - out: where traffic events are appended, in order.
    public mutating func observe(
        _ event: MailEvent,
        in bytes: [UInt8],
        into out: inout [TrafficEvent]
    ) {
        // Lent, not copied: what is told is appended in place.
        swap(&told, &out)
        defer { swap(&told, &out) }
        tally.events &+= 1
        tellOwed()
        guard event.trust == .genuine else {
            // A tool that runs as its caller proves nothing, and is no forgery.
            if event.trust != .unproven { tally.forged[event.trust, default: 0] += 1 }
            return
        }
        switch event.kind {
        case .delivery: observeDelivery(Line(event, bytes, &names))
        case .client: observeClient(Line(event, bytes, &names))
        case .pickup: observePickup(Line(event, bytes, &names))
        case .messageID: observeMessageID(Line(event, bytes, &names))
        case .header: observeHeader(Line(event, bytes, &names))
        case .queued: observeQueued(Line(event, bytes, &names))
        case .removed, .deleted, .requeued: observeEnd(Line(event, bytes, &names))
        case .started: observeStart(Line(event, bytes, &names))
        // Of a message that expires each recipient's last line was one of a delivery deferred, before.
        case .held, .expired: writeOff(Line(event, bytes, &names))
        case .suppressed:
            accountedSince = event.time.microseconds
            tally.suppressedLines =
                tally.suppressedLines.addingReportingOverflow(
                    max(event.count, 1)
                ).partialValue
            tally.blindSince = event.time
        case .other:
            if event.isNotUnderstood { tally.unknownLines &+= 1 }
            if event.aside == .cutDelivery { settleCut(Line(event, bytes, &names)) }
        case .notification, .released, .rejected, .session, .warning: break
        }
    }

    /// Lends the place where events are told to `work`.
    mutating func lend(
        _ out: inout [TrafficEvent],
        to work: (inout ListTraffic) -> Void
    ) {
        swap(&told, &out)
        tellOwed()
        work(&self)
        swap(&told, &out)
    }

    @inline(__always)
    private mutating func tellOwed() {
        if !owed.isEmpty {
            for list in owed { tell(.evicted(list: list)) }
            owed.removeAll()
        }
        if !owedSenders.isEmpty {
            for sender in owedSenders { tell(.senderEvicted(sender: sender)) }
            owedSenders.removeAll()
        }
    }

    /// Tells what the line at hand means.
    @inline(__always)
    mutating func tell(_ event: TrafficEvent) { told.append(event) }

    /// Tells that a list had to leave.
    mutating func tell(_ gone: Directory.Gone) {
        count(gone)
        tell(.evicted(list: gone.list))
    }

    private mutating func owe(_ gone: Directory.Gone) {
        count(gone)
        owed.append(gone.list)
    }

    private mutating func count(_ gone: Directory.Gone) {
        if gone.wasConfirmed {
            tally.evictedLists += 1
        } else {
            tally.evictedUnconfirmedLists += 1
        }
    }

    /// How much is remembered, and what was left out.
    public var counts: TrafficCounts {
        var counts = tally
        (counts.lists, counts.unconfirmedLists) = directory.counts
        (counts.messages, counts.arrivals) = messages.counts
        (counts.posts, counts.posters, counts.refusedPosters) = posts.counts
        counts.senders = senders.count
        return counts
    }

    // MARK: Archive

    /// Version of the layout; raised whenever a field is added, removed or moved.
    private static let layout = 8
    /// The oldest that is still read: 7 added who has a mailbox here.
    private static let oldestLayout = 6

    /// Writes everything that is remembered, or reads it in the place of what is here.
    ///
    /// - Throws: ``ArchiveDamage`` when a part is missing, damaged or of another version; this
    ///   value is then of no use.
    public mutating func archive(_ parts: inout ArchiveParts) throws {
        try archive(&parts, as: Self.layout)
    }

    /// The same, written in the layout of an older version.
    mutating func archive(_ parts: inout ArchiveParts, as layout: Int) throws {
        var layout = layout
        var saved = settings
        var named = settings.lists.count
        var (left, leftSenders) = (owed.map(\.index), owedSenders.map(\.index))
        if parts.isReading {
            let keeps = keepsFacts
            self = ListTraffic(settings: TrafficSettings())
            keepsFacts = keeps
        }
        try parts.part(TrafficPart.frame) { (stream) throws(ArchiveDamage) in
            try stream.number(&layout)
            try stream.check(
                layout >= Self.oldestLayout && layout <= Self.layout,
                "its layout is \(layout), not \(Self.layout)"
            )
            try stream.value(&saved)
            try stream.number(&named, from: 0)
            try stream.numbers(&left)
            try stream.numbers(&leftSenders)
            try stream.value(&tally)
        }
        parts.layout = Int64(layout)
        try parts.list(TrafficPart.configured, &saved.lists, count: named, together: 64)
        if parts.isReading {
            // Sizes of the filters go by it; its lists are known only once the directory is read.
            var bare = saved
            bare.lists = []
            update(settings: bare)
            owed = left.map(ListID.init(index:))
            owedSenders = leftSenders.map(SenderID.init(index:))
        }
        try messages.archive(&parts)
        try directory.archive(&parts)
        try posts.archive(&parts)
        try twins.archive(&parts)
        try senders.archive(&parts)
        guard parts.isReading else { return }
        update(settings: saved)
    }
}
