// SPDX-License-Identifier: Apache-2.0
//
// The entrance: every mail event comes in here and is given to the part that its kind belongs to.
// What each part does stands in the files `ListTraffic+...`. The mistake to avoid: work on the
// path of a delivery line; nine lines in ten are one, and each may cost one lookup, no more.

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
    /// Finished messages that are kept for lines that come late.
    static let lingering = 1024
    /// Filters and hosts that are remembered.
    static let maximumFilters = 64

    var settings: TrafficSettings
    var delimiters: [UInt8]
    var lists: SlotTable<ListRecord>
    /// List slots by hash of their addresses.
    var addresses: [UInt64: Int32] = [:]
    /// Configured lists by hash of the local part; -1 where two share it.
    var locals: [UInt64: Int32] = [:]
    var patterns = SenderPatterns()
    var neverLists: Set<UInt64> = []
    var listHosts: Set<UInt64> = []
    /// List and poster, of every poster that the configuration calls regular.
    var configuredPosters: Set<UInt64> = []
    /// Hashes of the lists that the configuration names.
    var configured: Set<UInt64> = []
    var pinned: Set<UInt64> = []
    /// Senders that are never forgotten.
    var pinnedSenders: Set<UInt64> = []
    var lives: SlotTable<Life>
    var arrivals: SlotTable<Arrival>
    /// Slots of ``arrivals`` by hash of the Message-ID, the latest of each.
    var byMessage: [UInt64: Int32] = [:]
    var posts: SlotTable<PostRecord>
    var fanOuts: SlotTable<OpenFanOut>
    /// Children whose queue line is still to come, by the key of their life.
    var awaited: SlotTable<AwaitedChild>
    var senders: SlotTable<SenderRecord>
    var known: KnownPosters
    var recipients: RecentRecipients
    /// Host and relay of every content filter that was seen to give messages back.
    var filters: Set<UInt64> = []
    /// Keys of finished lives, a ring.
    var finished: [UInt64] = []
    var finishedNext = 0
    var serial: UInt32 = 0
    /// Lists that left outside of ``observe(_:in:into:)``, still to be told.
    var owed: [ListID] = []
    /// Senders that left likewise.
    var owedSenders: [SenderID] = []
    var tally = TrafficCounts()

    /// Empty memory under `settings`.
    public init(settings: TrafficSettings) {
        self.settings = settings
        delimiters = Array(settings.recipientDelimiter.utf8)
        lists = SlotTable(passing: 1, kept: 1)
        lives = SlotTable(passing: 1, kept: 1)
        arrivals = SlotTable(passing: 1, kept: 1)
        posts = SlotTable(passing: 1, kept: 1)
        fanOuts = SlotTable(passing: 1, kept: 1)
        awaited = SlotTable(passing: 1, kept: 1)
        senders = SlotTable(passing: 1, kept: 1)
        known = KnownPosters(limit: max(settings.maximumPosters, 16))
        recipients = RecentRecipients(limit: max(settings.maximumRecipients, 16))
        update(settings: settings)
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
        tally.events &+= 1
        if !owed.isEmpty {
            for list in owed { out.append(.evicted(list: list)) }
            owed.removeAll()
        }
        if !owedSenders.isEmpty {
            for sender in owedSenders { out.append(.senderEvicted(sender: sender)) }
            owedSenders.removeAll()
        }
        guard event.trust == .genuine else {
            // A tool that runs as its caller proves nothing, and is no forgery.
            if event.trust == .unproven {
                tally.unknownLines &+= 1
            } else {
                tally.forged[event.trust, default: 0] += 1
            }
            return
        }
        switch event.kind {
        case .delivery: observeDelivery(event, bytes, &out)
        case .client: observeClient(event, bytes, &out)
        case .pickup: observePickup(event, bytes)
        case .messageID: observeMessageID(event, bytes)
        case .header: observeHeader(event, bytes)
        case .queued: observeQueued(event, bytes, &out)
        case .removed, .deleted, .requeued: observeEnd(event, bytes, &out)
        case .started: observeStart(event, bytes)
        case .suppressed:
            tally.suppressedLines =
                tally.suppressedLines.addingReportingOverflow(
                    max(event.count, 1)
                ).partialValue
            tally.blindSince = event.time
        case .other: tally.unknownLines &+= 1
        case .notification, .expired, .held, .released, .rejected, .session, .warning: break
        }
    }

    /// How much is remembered, and what was left out.
    public var counts: TrafficCounts {
        var counts = tally
        counts.lists = lists.count
        counts.unconfirmedLists = lists.count(in: .passing)
        counts.messages = lives.count
        counts.arrivals = arrivals.count
        counts.posts = posts.count
        counts.senders = senders.count
        counts.posters = known.count
        counts.refusedPosters = known.refused
        return counts
    }
}

/// The keys of a line: host, instance, message.
struct LineKeys {
    var machine: UInt64
    var instance: UInt64
    var message: UInt64

    /// Hashes what names the message of `event`.
    @inline(__always)
    init(_ event: MailEvent, _ bytes: [UInt8]) {
        machine = event.machine.isEmpty ? 0 : ByteHash.hash(bytes, event.machine)
        instance = ByteHash.hash(bytes, event.instance, seed: machine)
        message = ByteHash.hash(bytes, event.queueID, seed: instance)
    }
}
