// SPDX-License-Identifier: Apache-2.0
//
// The fleet's two ways through the loop. Out: what opened here is put down in memory at once, saved after
// the halt was ordered, and then told. In: what another host said is saved, then acted on. The mistake
// to avoid: an `await` between the two halves of either; a reset that comes in between would not name
// a trip that is open.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import FleetLink
internal import Glibc
internal import Linux
internal import Paging
internal import Reports
internal import Store
internal import StormDetection

extension Loop {
    /// How long the carrier waits for something new: 10 s, chosen.
    private static let longestWait: TimeSpan = .seconds(10)

    // MARK: Out

    /// Puts down what opened here; nothing is saved or told yet.
    func noteOpened(_ effects: [Effect], at now: Timestamp) -> [FleetTrip] {
        guard fleet != nil else { return [] }
        var opened: [FleetTrip] = []
        for case .save(let incidents, _) in effects {
            opened += incidents.compactMap { noteOpened($0, at: now) }
        }
        return opened
    }

    private func noteOpened(_ incident: Incident, at now: Timestamp) -> FleetTrip? {
        guard let desk = fleet else { return nil }
        let trip = desk.trip(of: incident) {
            incident.scope.mailName.map { engine.mail(of: $0).senders } ?? []
        }
        guard let trip, !desk.member.knows(trip.name) else { return nil }
        return fleet?.member.tell(trip, at: now) == true ? trip : nil
    }

    /// Saves what opened here, and wakes the carrier.
    func tell(_ opened: [FleetTrip], at now: Timestamp) {
        guard !opened.isEmpty else { return }
        let note = FleetNote(ruling: .own, heard: now, isDone: true)
        save(opened.map { (FleetRecord.trip($0), note) })
        fleetChanged()
    }

    /// What the carrier is to keep at the brokers; waits for a change where it knows the state.
    func nextForFleet(_ request: LinkRequest) async -> LinkAnswer {
        fleet?.note(request.view, at: SystemClock.monotonic)
        if let seen = request.seen, seen == fleet?.mark { await fleetChange() }
        guard let desk = fleet else { return LinkAnswer(refusal: "no fleet is set up") }
        return LinkAnswer(mark: desk.mark, keep: desk.kept)
    }

    func fleetChanged() {
        fleet?.noteChange()
        for waiter in fleetWaiters.values { waiter.resume() }
        fleetWaiters.removeAll()
    }

    private func fleetChange() async {
        lastFleetWaiter += 1
        let number = lastFleetWaiter
        await withCheckedContinuation { continuation in
            fleetWaiters[number] = continuation
            Task {
                await Alarm.wait(for: Self.longestWait)
                fleetWaiters.removeValue(forKey: number)?.resume()
            }
        }
    }

    // MARK: In

    /// Takes what the carrier heard; returns what was not taken, and why.
    func take(_ heard: [LinkRecord]) async -> LinkAnswer {
        fleet?.note(nil, at: SystemClock.monotonic)
        let now = Timestamp.now
        var refused: [String] = []
        var news: [(record: FleetRecord, note: FleetNote, wishes: [FleetWish])] = []
        for line in heard {
            if case .facts(let host) = FleetTopic(line.topic) {
                if let reason = await judge(line.text, from: host, at: now) {
                    refused.append(reason)
                }
                continue
            }
            if case .paged(let host, let name) = FleetTopic(line.topic) {
                let mark = PageMark(line.text)
                fleet?.note(name, mark, by: host, at: SystemClock.monotonic)
                continue
            }
            do throws(RecordRefusal) {
                if case .mode(let host) = FleetTopic(line.topic) {
                    fleet?.modes.note(try ModeReport(Array(line.text.utf8)), of: host)
                    continue
                }
                let record = try FleetRecord(topic: line.topic, Array(line.text.utf8))
                fleet?.member.horizon = engine.board.settings.actHorizon
                switch fleet?.member.hear(record, at: now) {
                case .new(let note, let wishes): news.append((record, note, wishes))
                case .known, nil: break
                case .full: refused.append("\(record.topic.text): there is no room for it")
                }
            } catch {
                refused.append("\(line.topic): \(error)")
            }
        }
        guard !news.isEmpty else { return LinkAnswer(refused: refused) }
        save(news.map { ($0.record, $0.note) })
        for (record, note, wishes) in news {
            await say(record, note, at: now)
            await fulfil(wishes, of: record, at: now)
            if case .reset(let reset) = record { noteForJudge(reset, at: now) }
        }
        parts.store.fold()
        // A reset takes our trip away from the brokers.
        if news.contains(where: { if case .reset = $0.record { true } else { false } }) {
            fleetChanged()
        }
        return LinkAnswer(refused: refused)
    }

    /// Goes on where a crash stopped, and puts down what opened in its last moment.
    func resumeFleet() async {
        guard fleet != nil else { return }
        let now = Timestamp.now
        tell(engine.board.incidents.compactMap { noteOpened($0, at: now) }, at: now)
        // What was not delivered goes on its way again, see ``Pager``: the others wait for it once more.
        for number in await parts.pager.pendingIncidents { claim(number) }
        for (record, wishes) in fleet?.member.unfinished ?? [] {
            await fulfil(wishes, of: record, at: now)
        }
    }

    private func fulfil(_ wishes: [FleetWish], of record: FleetRecord, at now: Timestamp) async {
        guard !wishes.isEmpty else { return }
        for wish in wishes {
            switch wish {
            case .adopt(let trip): await adopt(trip, at: now)
            case .reset(let scope, let reset): await obey(reset, of: scope, at: now)
            case .order(let order): await obey(order, at: now)
            }
        }
        if let note = fleet?.member.finish(record) { save([(record, note)]) }
    }

    private func adopt(_ trip: FleetTrip, at now: Timestamp) async {
        // Heard together with its reset, or reset while this waited: nothing is opened for a moment.
        guard let subject = trip.scope.subject, fleet?.member.book.isNamed(trip.name) == false
        else { return }
        let audit = Audit(
            uid: geteuid(),
            time: now,
            reason: trip.evidence,
            name: "\(trip.name.short) of the fleet"
        )
        await take(.command(.adopt(subject), by: audit), answeredIn: "adopt \(trip.name.text)")
    }

    /// Lets mail flow again on a person's word for the whole fleet, where all that is open here is named.
    private func obey(_ reset: FleetReset, of scope: FleetScope, at now: Timestamp) async {
        guard let subject = scope.subject, let incident = engine.board.incident(of: subject),
            incident.state == .open, isNamed(incident)
        else { return }
        let audit = Audit(
            uid: geteuid(),
            time: now,
            reason: reset.reason.isEmpty ? "reset for the fleet" : reset.reason,
            name: "\(reset.operatorName) of the fleet"
        )
        let command = Command.reset(
            subject,
            held: HeldChoice(rawValue: reset.held.rawValue),
            rate: share(of: reset.rate, scope, incident, at: now)
        )
        await take(.command(command, by: audit), answeredIn: "reset \(scope.name)")
    }

    /// Whether what keeps `incident` open is over by a reset: an adopted one is by those of others, our own
    /// trip by its name alone.
    private func isNamed(_ incident: Incident) -> Bool {
        guard let desk = fleet, !incident.isAdopted else { return true }
        return desk.name(of: incident).map { desk.member.book.isNamed($0) } ?? false
    }

    private func take(_ input: Engine.Input, answeredIn what: String) async {
        let answer = await take(plainly: input)
        guard answer.code != 0 else { return }
        parts.log.write(3, nil, "cannot \(what) for the fleet: \(answer.message)")
    }

    // MARK: What is said of it

    private func say(_ record: FleetRecord, _ note: FleetNote, at now: Timestamp) async {
        switch record {
        case .order(let order):
            let text =
                "\(order.operatorName) ordered \(order.mode.rawValue) for the fleet: \(order.reason)"
            parts.log.write(5, nil, text)
        case .reset(let reset):
            parts.log.write(
                5,
                nil,
                "\(reset.operatorName) reset \(reset.names.map(\.short).joined(separator: ", ")) for the "
                    + "fleet: \(reset.reason)"
            )
        case .trip(let trip):
            guard let reason = note.ruling.reason else { return }
            let text =
                "\(trip.name.short) of the fleet tripped \(trip.scope.name); nothing is done here: "
                + reason
            parts.log.write(note.ruling == .reset ? 6 : 4, nil, text, list: trip.scope.list)
            guard note.ruling == .tooMany else { return }
            await parts.pager.submit(.tooMany(from: trip, text, at: now), at: now)
        }
    }

    /// Pages when this host has been alone for a while, and when it no longer is.
    func watchFleet(_ now: Timestamp) async {
        await turnLoss(now)
        guard let (isAlone, reason) = fleet?.turn(at: SystemClock.monotonic) else { return }
        let text =
            isAlone
            ? "this host is alone in its fleet: \(reason)" : "this host hears its fleet again"
        parts.log.write(isAlone ? 4 : 5, nil, text)
        await parts.pager.submit(.alone(isAlone, text, at: now), at: now)
    }

    /// Pages that this judge does not hear all, or hears all again.
    private func turnLoss(_ now: Timestamp) async {
        guard let isLosing = fleet?.turnLoss(at: SystemClock.monotonic) else { return }
        let text =
            isLosing
            ? FleetStatus.words(ofLost: fleet?.view.lost ?? 0)
            : "nothing that other hosts saw was lost for ten minutes"
        parts.log.write(isLosing ? 4 : 5, nil, text)
        await parts.pager.submit(.loss(isLosing, text, at: now), at: now)
    }

    // MARK: Saving

    private func save(_ rows: [(FleetRecord, FleetNote)]) {
        do throws(StoreError) {
            try parts.store.save(
                fleet: rows.map { FleetRow(record: $0.savedText, note: $1.text) },
                folds: false
            )
        } catch {
            storeTrouble = "\(error)"
            parts.log.write(2, .stateDamaged, "\(error)", reason: "\(error)")
        }
    }

    /// What is known of `list` in the queue, and what other hosts know of its senders.
    func mail(of list: String) -> (ids: [String], senders: [String]) {
        var mail = engine.mail(of: list)
        guard let fleet else { return mail }
        mail.senders += fleet.member.senders(of: list).filter { !mail.senders.contains($0) }
        return mail
    }
}

extension FleetRecord {
    /// As it is saved: topic and text.
    var savedText: String { "\(topic.text)\n\(text)" }

    /// Reads ``savedText``; nil where it is none.
    init?(saved: String) {
        guard let end = saved.firstIndex(of: "\n") else { return nil }
        let text = Array(saved[saved.index(after: end)...].utf8)
        guard let record = try? FleetRecord(topic: saved[..<end], text) else { return nil }
        self = record
    }
}

extension Alert {
    fileprivate static func tooMany(from trip: FleetTrip, _ text: String, at now: Timestamp) -> Self
    {
        Alert(
            kind: .full,
            severity: .warning,
            summary: text,
            advice:
                "Look at that host: is there a storm on many of its lists, or is it in a stranger's "
                + "hands? To halt a list here: listbreaker trip LIST --reason TEXT",
            started: now,
            dedupKey: "fleet-too-many-\(trip.name.host)"
        )
    }

    fileprivate static func loss(_ isLosing: Bool, _ text: String, at now: Timestamp) -> Self {
        sight(
            isLosing,
            text,
            advice:
                "Who tells so much? Make a stronger host the judge, or fewer hosts tell the same. Each host "
                + "still judges its own log.",
            key: "fleet-judge-loses",
            at: now
        )
    }

    fileprivate static func alone(_ isAlone: Bool, _ text: String, at now: Timestamp) -> Self {
        sight(
            isAlone,
            text,
            advice:
                "It decides and halts by itself, as without a fleet; what others trip does not reach it. "
                + "systemctl status listbreaker-fleetd; listbreaker-fleetd status",
            key: "fleet-alone",
            at: now
        )
    }

    /// What this host does not see of its fleet, and, under the same key, that it sees it again.
    private static func sight(
        _ isBlind: Bool,
        _ text: String,
        advice: String,
        key: String,
        at now: Timestamp
    ) -> Self {
        Alert(
            kind: isBlind ? .blind : .sighted,
            isResolved: !isBlind,
            severity: isBlind ? .warning : .info,
            summary: text,
            advice: isBlind ? advice : "Nothing to do.",
            started: now,
            ended: isBlind ? nil : now,
            dedupKey: key
        )
    }
}
