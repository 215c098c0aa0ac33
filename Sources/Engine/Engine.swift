// SPDX-License-Identifier: Apache-2.0

public import Breaker
public import EventTime
public import ListTraffic
public import MailLog
public import Settings
public import StormDetection
internal import Words

/// # Engine
///
/// NAME: Engine - everything between the journal and the effects, as one value.
///
/// SUMMARY: ``Engine/handle(_:)`` takes entries, ticks, commands and outcomes, and returns effects
/// in the contract's order: save, halt, page, answer. It is synchronous and deterministic, reads
/// no clock and does no I/O; the daemon, `replay` and every test run the same one.
///
/// DESCRIPTION: an entry goes through ``MailLog`` (what does the line say, and is it believed),
/// ``ListTraffic`` (what happened on which list), ``StormDetection`` (is it a storm) and
/// ``Breaker`` (what is done). Event time is the entry's own stamp.
///
/// A sender that is no list goes the same road as a list named `sender:ADDRESS`: its mail to the
/// outside has a ceiling, a verdict over it opens a breaker of that name, and every command takes
/// the name. What is held of it is the mail that it handed over, by queue id, and what else is
/// queued from its address.
///
/// LIMITS: those of the four targets; the engine adds counters only.
///
/// SECURITY: no I/O. Lines that fail the test of trusted fields are counted and never used.
///
/// DIAGNOSTICS: ``Engine/status(at:)`` tells all that it knows.
///
/// BUGS: none known.
public struct Engine: Sendable {
    /// What it goes by.
    public private(set) var settings: Settings
    /// Every breaker that is not closed.
    public internal(set) var board: BreakerBoard
    /// What was seen of the journal.
    public internal(set) var sight = Sight()
    /// Whether a storm that is read too late to act on is paged.
    ///
    /// Off while a first start learns from old entries.
    public var pagesLateVerdicts = true { didSet { giveBoardSettings() } }
    /// Whether the log is that of one host: then lines that do not come are missing, and not late.
    public var watchesOneHost = true
    var reader: LineReader
    /// Not part of the snapshot: what it holds are parts of a line that follow at once.
    var joiner = EximJoiner()
    /// What happens on each list.
    public internal(set) var traffic: ListTraffic
    var detector: StormDetector
    var trafficEvents: [TrafficEvent] = []
    /// Whether the mail server is set up to be narrowed, as the actuator said last.
    private var canNarrow = true
    /// Whether the table of traffic was told of anything that it must not forget.
    private var hasPinned = true
    /// Not part of the snapshot: after a restart every message's next line orders its hold again.
    var holdWatch = HoldWatch()
    /// What is open, by slot; not part of the snapshot: each batch looks.
    var watched = Watched()
    /// When large lists of unknown kind were looked for last; not part of the snapshot: a start looks.
    var lookedForUnknown: Timestamp?

    /// An engine that saw nothing yet.
    ///
    /// `trust` holds what the settings cannot know: the uids of the MTA's users on this host.
    public init(settings: Settings, trust: TrustSettings) {
        self.settings = settings
        board = BreakerBoard(
            mode: settings.mode,
            settings: BreakerSettings(settings, pagesLate: true)
        )
        reader = LineReader(settings: trust)
        traffic = ListTraffic(settings: settings.traffic)
        var detection = settings.detection
        detection.unknownListMembers = settings.halt.softHoldPageMembers
        detector = StormDetector(settings: detection)
    }

    /// What goes in.
    public enum Input: Sendable {
        /// Entries in journal order, read at this time.
        case entries(EntryBatch, readAt: Timestamp)
        /// Time passed; the log was read up to `seen`.
        case tick(now: Timestamp, seen: Timestamp)
        /// A person's command.
        case command(Command, by: Audit)
        /// A planned mailing: a person's word, for the ceiling only.
        case expect(list: String, copies: Int64, until: Timestamp, by: Audit)
        /// What a judge of several hosts said, and nobody but he can judge anew.
        case judged(Verdict, now: Timestamp)
        /// What became of an order to the actuator.
        case outcome(HaltOutcome)
        /// What older logs taught, handed over by a person.
        case learned(EngineSnapshot, by: Audit)
        /// The daemon starts; see ``BreakerBoard``.
        case start(now: Timestamp, damaged: String?, highestIncident: Int64, foundHalted: Bool)
        /// New settings; state stays.
        case settings(Settings, trust: TrustSettings)
    }

    /// Lists that are tracked.
    public var listCount: Int { traffic.counts.lists }

    /// Whether nothing is open, held, doubtful or under way; the board itself would be copied to be asked.
    public var isAtRest: Bool { board.isAtRest }

    /// Takes `input` and says what is to be done, in the order that is a contract.
    public mutating func handle(_ input: Input) -> [Effect] {
        switch input {
        case .entries(let batch, let readAt):
            read(batch, at: readAt)
        case .tick(let now, let seen):
            board.tick(now: now, seen: seen)
            watchSight(now: now, seen: seen)
            watchUnknown(now: now)
        case .command(let command, let audit):
            obey(command, by: audit)
            if case .kind = command { giveDetectionSettings() }
        case .expect(let list, let copies, let until, let audit):
            expect(copies, on: list, until: until, by: audit)
        case .learned(let older, let audit):
            learn(from: older, by: audit)
        case .judged(var verdict, let now):
            // Others' word never halts all mail here.
            verdict.reach = .list
            board.judge(verdict, now: now)
        case .outcome(let outcome):
            board.settle(outcome)
        case .start(let now, let damaged, let highest, let foundHalted):
            sight.start(now: now)
            board.start(
                now: now,
                configured: settings.mode,
                damaged: damaged,
                highestIncident: highest,
                foundHalted: foundHalted
            )
        case .settings(let settings, let trust):
            self.settings = settings
            reader = LineReader(settings: trust)
            sight.beginBelief()
            traffic.update(settings: settings.traffic)
            giveDetectionSettings()
            giveBoardSettings()
        }
        pin()
        return board.drain()
    }

    /// What detection knows, for a judge of several hosts to begin with.
    public var detection: StormDetector { detector }

    /// Whether no judge of a fleet hears more of a list than this host; see ``StormDetector/seesAll``.
    public var seesAll: Bool {
        get { detector.seesAll }
        set { detector.seesAll = newValue }
    }

    /// Whether what is seen of lists is kept as facts for other hosts; off, as it is, nothing is.
    public var keepsFacts: Bool {
        get { traffic.keepsFacts }
        set { traffic.keepsFacts = newValue }
    }

    /// What was seen of lists since the last call, for other hosts; see ``keepsFacts``.
    public mutating func takeFacts() -> [TrafficFact] { traffic.takeFacts() }

    /// Facts for which there was no room before they were taken.
    public var factsLeftOut: Int64 { traffic.factsLeftOut }

    /// Tells the table of traffic whom it must not forget.
    mutating func pin() {
        let pinned = board.pinned
        // At rest, which is nearly always, there is nothing to tell.
        guard hasPinned || !pinned.isEmpty else { return }
        hasPinned = !pinned.isEmpty
        traffic.setPinned(senders: Set(pinned.compactMap(\.sender)))
        traffic.setPinned(Set(pinned.compactMap { $0.sender == nil ? $0.mailName : nil }))
    }

    private mutating func obey(_ command: Command, by audit: Audit) {
        guard case .reset(let subject, _, _) = command, board.state(of: subject) == .open else {
            return board.obey(command, by: audit)
        }
        board.obey(command, by: audit)
        guard let name = subject.mailName, board.state(of: subject) == .halfOpen else { return }
        detector.noteReset(list: name, time: audit.time)
        detector.setProbation(list: name, until: audit.time + settings.halt.probation)
    }

    private mutating func expect(
        _ copies: Int64,
        on list: String,
        until: Timestamp,
        by audit: Audit
    ) {
        detector.expect(list: list, copies: copies, until: until)
        board.effects.add(
            note: LogNote(
                kind: .expected,
                priority: 5,
                text:
                    "\(copies.counting("copy", "copies")) expected until \(until.rfc3339), by \(audit.who)",
                list: list
            )
        )
        board.effects.wantSnapshot()
        board.effects.answer(
            CommandAnswer(
                code: 0,
                message:
                    "expecting \(copies.counting("copy", "copies")) on \(list) until \(until.rfc3339)"
            )
        )
    }

    /// Gives detection what it goes by.
    mutating func giveDetectionSettings() { detector.update(settings: detectionSettings) }

    /// What detection goes by: the settings, and what people said that lists are for.
    public var detectionSettings: DetectionSettings {
        var detection = settings.detection
        detection.unknownListMembers = settings.halt.softHoldPageMembers
        for (subject, said) in board.kinds {
            guard let name = subject.mailName else { continue }
            detection.perList[name, default: ListRules()].kind = said.kind
        }
        return detection
    }

    /// Gives the board what it goes by.
    ///
    /// At the start, when settings are read again, when it was read from the saved state, and when the mail
    /// server was set up otherwise; never in between.
    mutating func giveBoardSettings() {
        var given = BreakerSettings(settings, pagesLate: pagesLateVerdicts)
        given.canNarrow = canNarrow
        board.update(settings: given)
    }

    /// Notes what looks through the queue, made for no order, found of mail that the mail server holds by
    /// itself; we hold `total` messages since.
    public mutating func note(looks: [HoldLook], total: Int64) {
        board.note(looks: looks, total: total)
    }

    /// Notes whether the mail server is set up to be narrowed; what is open stays as it is.
    public mutating func note(canNarrow: Bool) {
        guard canNarrow != self.canNarrow else { return }
        self.canNarrow = canNarrow
        giveBoardSettings()
    }
}
