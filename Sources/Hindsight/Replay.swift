// SPDX-License-Identifier: Apache-2.0
//
// Feeds entries to the engine in pieces short enough that an assumed reset, and the end of a soft
// hold, fall between two pieces and never inside one. The mistake to avoid: work per entry here.
// The engine is handed whole batches wherever their time allows it.

internal import Breaker
public import Engine
public import EventTime
public import MailLog
public import Settings
public import StormDetection

/// One thing that would have happened.
public struct ReplayEvent: Equatable, Sendable {
    /// What kind of thing.
    public enum Kind: String, Sendable {
        /// The list's own new copies would be held.
        case softHold = "soft-hold"
        /// A soft hold would end.
        case release
        /// The breaker would open.
        case trip
    }

    /// What happened.
    public var kind: Kind
    /// The list.
    public var list: String
    /// Event time.
    public var time: Timestamp
    /// What detection said; of a release, what it had said at the soft hold.
    public var verdict: Verdict?
}

/// The engine over an old log.
public struct Replay: Sendable {
    /// Entries a batch; chosen: twice as many are no faster and cost 2 MiB.
    public static let batchLimit = 1024
    /// Longest piece of time that the engine is handed at once; chosen, well below a soft hold.
    public static let pieceSpan = TimeSpan.minutes(5)

    private var engine: Engine
    /// Reads what nobody read ahead.
    private var stage: ReplayStage
    private let settings: Settings
    private let assumeReset: TimeSpan
    private let until: Timestamp?
    private var dueResets: [(list: String, time: Timestamp)] = []
    private var softHolds: [String: Verdict] = [:]
    private var aftermaths = Aftermaths()
    private var trips = 0

    /// Stamp of the first entry.
    public private(set) var first: Timestamp?
    /// Stamp of the last entry that was taken.
    public private(set) var last: Timestamp?
    /// Entries over the whole time.
    public private(set) var activity = ActivityCurve()
    /// Whether an entry later than `until` was met.
    public private(set) var isOver = false

    /// A replay that has read nothing.
    ///
    /// - Parameters:
    ///   - settings: the configuration; its mode does not matter.
    ///   - mtaUsers: the mail server's users; empty: to be learned.
    ///   - namedUsers: users that the settings name, as numbers.
    ///   - assumeReset: how long after a trip the breaker is taken as reset.
    ///   - until: entries later than this end the replay; nil: none do.
    public init(
        settings: Settings,
        mtaUsers: [UInt32],
        namedUsers: [UInt32] = [],
        assumeReset: TimeSpan,
        until: Timestamp?
    ) {
        var settings = settings
        settings.mode = .observe
        // Nobody answers here: what would be asked about counts as what it is.
        settings.attended.grace = .seconds(0)
        let trust = ReplayTrust(settings: settings, users: mtaUsers, named: namedUsers)
        stage = ReplayStage(trust)
        engine = Engine(settings: settings, trust: trust.settings)
        self.settings = settings
        self.assumeReset = assumeReset
        self.until = until
    }

    /// What reads lines for this replay on another thread; one reader has it, for all of the log.
    public var reading: ReplayStage { stage }

    /// Takes the entries of `batch` and says what would have happened; leaves `batch` as it likes.
    ///
    /// Those that were not read ahead by ``reading`` are read here.
    public mutating func take(_ batch: inout EntryBatch) -> [ReplayEvent] {
        if batch.events.isEmpty { stage.prepare(&batch) }
        if let trust = batch.trust {
            _ = engine.handle(.settings(settings, trust: trust))
        }
        if let until, let end = batch.entries.firstIndex(where: { $0.time > until }) {
            batch.entries.removeSubrange(end...)
            batch.events.removeSubrange(end...)
            isOver = true
        }
        guard let start = batch.entries.first else { return [] }
        if first == nil { first = start.time }
        var events: [ReplayEvent] = []
        var from = 0
        while from < batch.entries.count {
            advance(to: batch.entries[from].time, &events)
            let end = endOfPiece(batch, from: from)
            if from == 0, end == batch.entries.count {
                feed(batch, &events)
            } else {
                var piece = EntryBatch()
                piece.bytes = batch.bytes
                piece.entries = Array(batch.entries[from..<end])
                piece.events = Array(batch.events[from..<end])
                if from == 0 { piece.gap = batch.gap }
                feed(piece, &events)
            }
            from = end
        }
        return events
    }

    /// Ends what is still held softly, and says so.
    public mutating func finish() -> [ReplayEvent] {
        var events: [ReplayEvent] = []
        if let last {
            advance(to: last, &events)
            aftermaths.end(engine)
        }
        return events
    }

    /// The index behind the last entry that may be handed over together with the one at `from`.
    private func endOfPiece(_ batch: EntryBatch, from: Int) -> Int {
        let limit = batch.entries[from].time + min(Self.pieceSpan, assumeReset)
        let end = min(limit, dueResets.first?.time ?? limit)
        if let last = batch.entries.last, last.time <= end { return batch.entries.count }
        return max(
            from + 1,
            batch.entries[from...].firstIndex { $0.time > end } ?? batch.entries.count
        )
    }

    private mutating func feed(_ piece: EntryBatch, _ events: inout [ReplayEvent]) {
        guard let start = piece.entries.first, let end = piece.entries.last else { return }
        activity.note(piece.entries.count, at: start.time)
        // Read as it happens: nothing here is ever too late to act on.
        note(engine.handle(.entries(piece, readAt: start.time)), &events)
        last = end.time
    }

    /// Does what time brings up to `time`: assumed resets, ends of soft holds and of probation.
    private mutating func advance(to time: Timestamp, _ events: inout [ReplayEvent]) {
        aftermaths.look(engine, at: time)
        while let next = dueResets.first, next.time <= time {
            dueResets.removeFirst()
            tick(next.time, &events)
            let audit = Audit(uid: 0, time: next.time, reason: "assumed by replay")
            let reset = Command.reset(Subject(next.list), held: .keep)
            note(engine.handle(.command(reset, by: audit)), &events)
        }
        tick(time, &events)
    }

    private mutating func tick(_ time: Timestamp, _ events: inout [ReplayEvent]) {
        note(engine.handle(.tick(now: time, seen: time)), &events)
    }

    private mutating func note(_ effects: [Effect], _ events: inout [ReplayEvent]) {
        for effect in effects {
            switch effect {
            case .softHold(let verdict):
                softHolds[verdict.list] = verdict
                events.append(
                    ReplayEvent(
                        kind: .softHold,
                        list: verdict.list,
                        time: verdict.time,
                        verdict: verdict
                    )
                )
            case .release(let list, let time):
                let verdict = softHolds.removeValue(forKey: list)
                events.append(
                    ReplayEvent(kind: .release, list: list, time: time, verdict: verdict)
                )
            case .tripped(let verdict):
                softHolds[verdict.list] = nil
                trips += 1
                aftermaths.begin(verdict, engine)
                dueResets.append((verdict.list, verdict.time + assumeReset))
                events.append(
                    ReplayEvent(
                        kind: .trip,
                        list: verdict.list,
                        time: verdict.time,
                        verdict: verdict
                    )
                )
            case .save, .halt, .page, .snapshot, .answer, .log: break
            }
        }
    }

    /// What the engine knows by now.
    public var learned: EngineSnapshot { engine.snapshot }

    /// The figures of the whole.
    public func summary(took: Duration) -> ReplaySummary {
        ReplaySummary(
            sight: engine.sight,
            lists: engine.listCount,
            trips: trips,
            first: first,
            last: last,
            activity: activity,
            aftermaths: aftermaths.known,
            took: took
        )
    }
}

/// The figures of a whole replay.
public struct ReplaySummary: Sendable {
    /// What was read, and what was not believed.
    public var sight: Sight
    /// Lists that are known at the end.
    public var lists: Int
    /// Trips, those of lists that are not shown included.
    public var trips: Int
    /// Stamp of the first entry.
    public var first: Timestamp?
    /// Stamp of the last entry.
    public var last: Timestamp?
    /// Entries over the whole time.
    public var activity: ActivityCurve
    /// What the log shows after each trip, as far as there was room for it.
    public var aftermaths: [Aftermath]
    /// How long it took.
    public var took: Duration
}
