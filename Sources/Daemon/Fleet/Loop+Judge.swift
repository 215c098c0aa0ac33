// SPDX-License-Identifier: Apache-2.0
//
// The two ways of facts through the loop. Out: what this host saw goes to the carrier, stamped as it
// leaves. In, on a judge: what all hosts saw is judged, and a verdict opens a breaker here as this host's
// own would, under this host's name, for the list's own mail. The mistake to avoid: to believe a batch
// because the carrier brought it; it is read here.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import FleetJudging
internal import FleetLink
internal import Journal
internal import Linux
internal import ListTraffic
internal import Paging
internal import Reports
internal import Settings
internal import StormDetection

extension Loop {
    /// How long the carrier waits for something seen: 10 s, chosen; then it is told that this host is
    /// there, and what its clock shows.
    private static let longestWait: TimeSpan = .seconds(10)

    // MARK: Out

    /// While a judge is there, it alone can tell that nobody else wrote to a list meanwhile.
    func noteJudges() {
        guard let fleet else { return }
        let isJudged =
            fleet.view.judges?.isEmpty == false
            && fleet.alone(at: SystemClock.monotonic) == nil
        engine.seesAll = !isJudged
    }

    /// Takes up what the engine saw of lists.
    func noteFacts() {
        guard fleet != nil else { return }
        let facts = engine.takeFacts().filter { FleetScope.domain(of: $0.list) != nil }
        guard !facts.isEmpty else { return }
        if fleet?.outbox.add(facts) == true {
            // What was logged before the start is learned by judges as far as there is room.
            parts.log.write(
                isReady ? 4 : 6,
                nil,
                "over \(FactOutbox.most) facts of lists wait for listbreaker-fleetd: the oldest reach no judge"
            )
        }
        factWaiter?.resume()
        factWaiter = nil
    }

    /// What was seen since the last call, to be said once; waits for it.
    func nextFacts() async -> LinkAnswer {
        if fleet?.outbox.isEmpty == true { await somethingSeen() }
        guard let host = fleet?.settings.host, let batch = fleet?.outbox.next(of: host, at: .now)
        else { return LinkAnswer(refusal: "no fleet is set up") }
        return LinkAnswer(
            facts: LinkRecord(topic: FleetTopic.facts(host).text, text: batch.text)
        )
    }

    private func somethingSeen() async {
        // A carrier that asks anew has given up the question before.
        factWaiter?.resume()
        factWaiter = nil
        lastFactWait += 1
        let number = lastFactWait
        await withCheckedContinuation { continuation in
            factWaiter = continuation
            Task {
                await Alarm.wait(for: Self.longestWait)
                guard number == lastFactWait else { return }
                factWaiter?.resume()
                factWaiter = nil
            }
        }
    }

    // MARK: In

    /// Judges what `host` saw; returns why it was not taken, or nil.
    func judge(_ text: String, from host: String, at now: Timestamp) async -> String? {
        guard fleet?.judge != nil else { return "lb/facts/\(host): this host is no judge" }
        do throws(RecordRefusal) {
            let batch = try FactBatch(Array(text.utf8), from: host)
            fleet?.judge?.horizon = engine.board.settings.actHorizon
            let age = SystemClock.monotonic - (fleet?.began ?? 0)
            let verdicts =
                fleet?.judge?.take(
                    batch,
                    at: now,
                    mayHaveWaited: age < FleetDesk.clocksAfter
                ) ?? []
            if !batch.facts.isEmpty { fleet?.memoryPace.noteChange() }
            await obey(verdicts, at: now)
            // What only relays saw is judged soon, also where nothing is logged on this host.
            if awaitsWord || fleet?.memoryPace.isSaved == false { parts.follower.nudge() }
            for doubt in fleet?.judge?.takeClockDoubts() ?? [] { await say(doubt, at: now) }
            return nil
        } catch {
            return "lb/facts/\(host): \(error)"
        }
    }

    /// Judges what only relays saw and nobody else told in time.
    func releaseJudge(_ now: Timestamp) async {
        guard awaitsWord else { return }
        fleet?.memoryPace.noteChange()
        await obey(fleet?.judge?.release(at: now) ?? [], at: now)
    }

    /// Whether what relays saw waits for the word of the host that made the copies.
    var awaitsWord: Bool { fleet?.judge?.isWaiting == true }

    private func obey(_ verdicts: [Verdict], at now: Timestamp) async {
        for verdict in verdicts {
            _ = await take(plainly: .judged(verdict, now: now))
            // Waits for an answer, or was too late: the next one must be able to come.
            if verdict.action == .trip, engine.board.state(of: verdict.subject) != .open {
                fleet?.judge?.notePassed(list: verdict.list)
            }
        }
    }

    /// What a person said on this host goes for the judge too: above all, it must not trip on what is
    /// over.
    func noteForJudge(_ input: Engine.Input) {
        guard fleet?.judge != nil, case .command(let command, let audit) = input else { return }
        switch command {
        case .reset(let subject, _, _):
            guard engine.board.state(of: subject) == .halfOpen, let list = subject.mailName else {
                return
            }
            noteReset(of: list, at: audit.time)
        case .kind: updateJudge()
        default: break
        }
    }

    /// The judge goes by the settings that hold here.
    func updateJudge() {
        fleet?.judge?.update(
            traffic: engine.settings.traffic,
            detection: engine.detectionSettings
        )
    }

    /// A person reset the fleet: the same.
    func noteForJudge(_ reset: FleetReset, at now: Timestamp) {
        guard let scopes = fleet?.member.book.scopes(of: reset) else { return }
        for list in scopes.compactMap(\.list) { noteReset(of: list, at: now) }
    }

    func noteReset(of list: String, at now: Timestamp) {
        fleet?.judge?.noteReset(list: list, at: now, probation: engine.settings.halt.probation)
        fleet?.memoryPace.noteChange()
    }

    // MARK: What is said of it

    private func say(_ doubt: ClockDoubt, at now: Timestamp) async {
        let seconds = doubt.offset.microseconds / 1_000_000
        let text =
            "the clock of \(doubt.host) is \(abs(seconds)) s \(seconds < 0 ? "behind" : "ahead"): what it "
            + "tells is judged by when it came"
        fleet?.clocks[doubt.host] = text
        parts.log.write(4, nil, text)
        await parts.pager.submit(.clock(of: doubt.host, text, at: now), at: now)
    }
}

extension FleetDesk {
    /// What this host hears as a judge; nil: it is none.
    var judgeStatus: JudgeStatus? {
        judge.map { judge in
            JudgeStatus(
                hosts: judge.hostCount,
                clocks: clocks.sorted { $0.key < $1.key }.map(\.value),
                late: judge.counts.late,
                alone: judge.counts.alone,
                lost: view.lost
            )
        }
    }
}

extension Alert {
    fileprivate static func clock(of host: String, _ text: String, at now: Timestamp) -> Self {
        Alert(
            kind: .blind,
            severity: .warning,
            summary: text,
            advice: "Set it right: timedatectl on \(host). Storms are seen all the same.",
            started: now,
            dedupKey: "fleet-clock-\(host)"
        )
    }
}
