// SPDX-License-Identifier: Apache-2.0
//
// The one loop that owns all decisions: an actor around the engine's value. It asks the journal for
// entries, hands them to the engine, and carries the effects out in their order. It never waits for
// the actuator or for a page. The mistake to avoid: an `await` between reading the engine and
// changing it.

internal import Breaker
internal import Engine
internal import EventTime
internal import HaltWire
internal import Journal
internal import Linux
internal import MailLog
internal import Paging
internal import Reports
internal import Settings
internal import Store

/// Feeds the engine and performs what it says.
actor Loop {
    /// Entries a turn.
    ///
    /// Chosen: a turn of the engine stays below 10 ms, so that a command or an outcome never waits
    /// longer.
    static let batchLimit = 2000

    /// Longest turn, in seconds, while there is traffic or anything is under way.
    ///
    /// Chosen.
    static let busyTurn = 0.5
    /// Longest turn, in seconds, while there is neither: what comes ends it at once.
    ///
    /// Chosen: six wake-ups a minute, and half of what systemd's watchdog allows.
    static let quietTurn = 10.0
    /// So long nothing must have come before turns become long.
    ///
    /// Chosen.
    static let quietAfter = TimeSpan.minutes(1)

    /// Nanoseconds between two looks at which mail servers run: 5 min.
    ///
    /// Chosen: it is judged after 15.
    static let lookInterval: Int64 = 300_000_000_000

    /// Ticks further apart than this are the clock's doing.
    ///
    /// Chosen: a quiet turn takes ten seconds, a save on a slow disk some more.
    static let jump = TimeSpan.seconds(30)

    /// The journal's thread: a line is judged, and the order given, where it was read.
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Snapshots are written one after another, so that an older one never replaces a newer.
    let snapshots = WorkQueue(name: "lb-snapshots")

    var engine: Engine
    let parts: Parts
    let lane: HaltLane
    var place: Place
    var isReady = false
    var blindness: String?
    var isLagging = false
    var isBeating = false
    private var lastTick: Timestamp = .distantPast
    /// What keeps it from acting or remembering, in words.
    var ailments: [Ailment: String] = [:]
    var lastHealth: Int64?
    var lastProbe: Int64?
    var reserve = Reserve()
    /// Why no file could be opened when an order was given; still to be told.
    var shortage: Errno?
    /// Why the state could not be saved last; nil: it could.
    var storeTrouble: String?
    /// When it was last looked which mail servers run, by the monotonic clock; nil: never.
    private var lastLook: Int64?
    /// Whether something was saved that the store has not folded yet.
    var isFoldDue = false
    private var lastTraffic: Timestamp = .now
    var delays = HaltDelays(after: 0)
    var blockWish = BlockWish()
    /// Lists that were found stopped at the start, and no saved trip tells why: one of ours was killed
    /// before it could be saved, and is decided again from the same lines; none once they are read.
    var unexplained: Set<String> = []
    /// Lists that Postfix holds by itself, as the actuator said last.
    var blocked: [String] = []
    var blockTrouble: [String] = []
    var pruneWish = PruneWish(start: .now)
    /// This host's share in the fleet; nil: it has none.
    var fleet: FleetDesk?
    /// Those who wait until there is something new to tell the carrier.
    var fleetWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var lastFleetWaiter: UInt64 = 0
    /// The carrier, where it waits for facts.
    var factWaiter: CheckedContinuation<Void, Never>?
    var lastFactWait: UInt64 = 0
    /// The further stop at the list manager.
    var manager = ManagerWish()
    var managerStatus: [ManagerStatus]?

    /// What the actuator said at the start.
    struct Found: Sendable {
        var isHalted = false
        var blocked: [String] = []
        /// Whether the mail server is set up to be narrowed.
        var canNarrow = false
    }

    /// What the loop works with.
    struct Parts: Sendable {
        var follower: JournalFollower
        var store: Store
        var habits: Habits
        var pager: Pager
        var paging: PagingDesk
        var log: OwnLog
        var notice: ServiceNotice
        var sourceName: String
        var secrets: Secrets
        /// Which mail servers run here; nil where other hosts' journals are read.
        var runningServers: (@Sendable () -> RunningServers)?
        /// Whether entries without trusted fields are believed, as the command line said.
        var believesUntrusted = false
        /// Where the state is.
        var stateDirectory: String
        /// Directory in which manager scripts keep what lists had.
        var managerState: String
        /// Where `listbreaker learn` leaves what old logs taught.
        var learned: String
    }

    init(engine: Engine, cursor: String?, parts: Parts, lane: HaltLane) {
        self.engine = engine
        self.parts = parts
        executor = parts.follower.executor
        self.lane = lane
        place = Place(cursor: cursor)
    }

    /// Runs until the task is cancelled; saves the snapshot at the end.
    func run(
        damaged: String?,
        highestIncident: Int64,
        found: Found
    ) async {
        engine.note(canNarrow: found.canNarrow)
        blocked = found.blocked
        blockWish = BlockWish(said: Set(found.blocked))
        let known = engine.board.incidents.reduce(highestIncident) { max($0, $1.number) }
        delays = HaltDelays(after: known)
        let effects = engine.handle(
            .start(
                now: .now,
                damaged: damaged,
                highestIncident: highestIncident,
                foundHalted: found.isHalted
            )
        )
        unexplained = engine.unexplained(found.blocked)
        await perform(effects)
        await resumeFleet()
        while !Task.isCancelled {
            await turn()
        }
        saveSnapshot(waiting: true)
        saveJudge(waiting: true)
    }

    private func turn() async {
        do throws(JournalError) {
            let batch = try await parts.follower.next(limit: Self.batchLimit, within: patience)
            let now = Timestamp.now
            if !batch.entries.isEmpty || lastTraffic > now { lastTraffic = now }
            sighted(now)
            place.note(batch, now: now)
            if !batch.entries.isEmpty || batch.gap != nil {
                await perform(engine.handle(.entries(batch, readAt: now)))
                noteFacts()
            }
        } catch {
            await blinded(by: error)
        }
        let now = Timestamp.now
        if now - lastTick >= .seconds(1) || now < lastTick {
            // The clock was set, or the host slept: what is due by the clock is due now, and how far
            // behind the log we are is known again only after the next turn.
            let hasJumped = isReady && (now < lastTick || now - lastTick > Self.jump)
            lastTick = now
            if hasJumped { await parts.pager.lookAgain() }
            noteJudges()
            engine.watchesOneHost = parts.follower.lag.hosts.isEmpty
            await perform(engine.handle(.tick(now: now, seen: place.seen)))
            let wasReady = isReady
            sayReady(now)
            if isReady, !wasReady {
                // A backlog is read as any program would read it; from now on a halt may wait for us.
                ThreadPriority.urgent()
                unexplained = []
                await learnWhatWasLeft()
            }
            if !hasJumped { await watchLag(now) }
            if hasJumped { pruneWish.noteJump(now) }
            if isReady { lookAtSaved(now) }
            await watchHealth(now)
            await watchFleet(now)
            watchMode(now)
            await releaseJudge(now)
            await turnPages()
            beat(now)
            lookAtServers()
            // Once a second at most: it is a socket and a datagram each time.
            parts.notice.alive()
        }
        if place.snapshotIsDue(now) { saveSnapshot(waiting: false) }
        if fleet?.memoryPace.isDue(now) == true { saveJudge(waiting: false) }
    }

    /// Looks which mail servers run, beside the loop, when that is due.
    private func lookAtServers() {
        let now = SystemClock.monotonic
        guard isReady, let find = parts.runningServers,
            lastLook.map({ now - $0 >= Self.lookInterval }) ?? true
        else { return }
        lastLook = now
        Task.detached { [weak self] in await self?.take(find()) }
    }

    private func take(_ found: RunningServers) {
        engine.note(running: found.servers, listens: found.listens)
    }

    /// How long the next turn may wait for entries, in seconds.
    private var patience: Double {
        // In traffic each batch asks, and the rest is a twelfth of what such a turn costs (measured).
        guard .now - lastTraffic > Self.quietAfter else { return Self.busyTurn }
        let isQuiet =
            isReady && blindness == nil && !isLagging && engine.isAtRest
            && !awaitsWord && !pagesWait && fleet?.memoryPace.isSaved != false
        return isQuiet ? Self.quietTurn : Self.busyTurn
    }

    /// Up to when the log was read, at `now`: who waits at its end has read all there is.
    func seen(at now: Timestamp) -> Timestamp {
        parts.follower.lag.isAtEnd && blindness == nil ? now : place.seen
    }

    /// Takes a person's command and returns the answer.
    ///
    /// With `isNew` a name that nobody knows is taken as it stands.
    func take(_ input: Engine.Input, isNew: Bool = false) async -> CommandAnswer {
        do throws(Engine.Refusal) {
            return await take(plainly: try engine.understood(input, isNew: isNew))
        } catch {
            return error.answer
        }
    }

    /// Takes a command that names what it is about in full, and returns the answer.
    func take(plainly input: Engine.Input) async -> CommandAnswer {
        let effects = engine.handle(input)
        noteForJudge(input)
        let given = effects.lazy.compactMap { effect -> CommandAnswer? in
            if case .answer(let answer) = effect { answer } else { nil }
        }.first
        await perform(effects)
        // A quiet turn ends here: what was ordered is watched in short ones.
        parts.follower.nudge()
        return given ?? CommandAnswer(code: 0, message: "done")
    }

    /// Takes what a person lets go of lists that are stopped.
    func take(passing ids: [String]) { engine.note(passing: ids) }

    /// Takes what became of an order.
    func take(_ outcome: HaltOutcome) async {
        delays.ended(outcome)
        await perform(engine.handle(.outcome(outcome)))
        parts.follower.nudge()
    }

    /// Saves what was learned, and returns when that is done; the loop reads on meanwhile.
    ///
    /// Killed before it is done, a daemon reads again what led to a trip that was reset, and trips once
    /// more: whoever reset it has no answer yet.
    func saveSnapshot() async {
        guard let save = snapshotToSave(force: true) else { return }
        await withCheckedContinuation { continuation in
            snapshots.async {
                save()
                continuation.resume()
            }
        }
        snapshotEnded()
    }

    /// Saves what was learned beside the loop or, `waiting`, at once.
    private func saveSnapshot(waiting: Bool) {
        guard let save = snapshotToSave(force: waiting) else { return }
        guard !waiting else {
            snapshots.sync(save)
            return snapshotEnded()
        }
        // Writing a large snapshot must not hold up a trip: it is a value, so it can be written
        // elsewhere while the engine goes on. What the engine changes meanwhile is copied, a
        // few records each time.
        snapshots.async { [weak self] in
            save()
            Task { await self?.snapshotEnded() }
        }
    }

    /// What saves the snapshot of now; nil where another one is being saved and `force` is not set.
    private func snapshotToSave(force: Bool) -> (@Sendable () -> Void)? {
        guard let cursor = place.cursor, place.beginSnapshot(.now, force: force) else { return nil }
        // Not behind the place: what was read before it is not read again.
        let moved = engine.takeMovedIncidents()
        if !moved.isEmpty { keep(moved) }
        let snapshot = engine.snapshot
        let time = engine.sight.lastEntry ?? .now
        let habits = parts.habits
        let log = parts.log
        return {
            do throws(StoreError) {
                try habits.save(cursor: cursor, time: time) { try snapshot.write(to: &$0) }
            } catch {
                log.write(3, nil, "\(error)")
            }
        }
    }

    private func snapshotEnded() { place.endSnapshot(.now) }
}
