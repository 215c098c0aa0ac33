// SPDX-License-Identifier: Apache-2.0
//
// Pages on their way to the pager, where a fleet makes one of many. Until its turn a page stays in the
// outbox as it was saved with its trip, so that a crash pages at once, and never not at all.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import Linux
internal import Paging
internal import Settings
internal import StormDetection

extension Loop {
    /// Hands a page in; one of a trip of the fleet when it is this host's turn.
    func page(_ alert: Alert, at now: Timestamp) async {
        guard fleet != nil, let number = alert.incident,
            let incident = engine.board.incidents.numbered(number),
            alert.dedupKey == incident.dedupKey,
            let scope = FleetScope(incident.scope),
            fleet?.member.book.isOpen(scope) == true
                || fleet?.pages.keys[number] != nil
        else { return await parts.pager.submit(alert, at: now) }
        if alert.isResolved { fleet?.pages.waiting[number] = nil }
        if let key = fleet?.pages.keys[number] {
            // A further trip of the incident has a name, and so a key, of its own.
            if alert.isResolved { fleet?.pages.keys[number] = nil }
            return await submit(alert, as: key, at: now)
        }
        let isObserve = incident.mode == .observe
        switch alert.kind {
        case .trip:
            if let host = fleet?.pagedBy(scope, isObserve: isObserve) {
                return await leave(alert, of: scope, to: host, at: now)
            }
            let clock = SystemClock.monotonic
            let wait = wait(for: scope, of: incident, at: clock)
            let isClaimed = fleet?.isClaimed(scope, isObserve: isObserve, at: clock) == true
            guard wait > 0 || isClaimed else {
                return await tell(alert, of: scope, number, at: now)
            }
            fleet?.pages.waiting[number] = FleetPages.Waiting(
                alert: alert,
                time: now,
                since: clock,
                due: clock + wait,
                scope: scope
            )
        case .reminder:
            // Judges, and whose trip it is, remind whoever said that it was paged.
            if incident.isAdopted, fleet?.settings.isJudge != true,
                let host = fleet?.pagedBy(scope, isObserve: isObserve)
            {
                return await leave(alert, of: scope, to: host, at: now)
            }
            await tell(alert, of: scope, number, at: now)
        default: await parts.pager.submit(alert, at: now)
        }
    }

    /// Pages whose turn has come, and lets go of those that another host sent.
    func turnPages() async {
        guard fleet != nil else { return }
        let clock = SystemClock.monotonic
        if let member = fleet?.member { fleet?.pages.prune(member, at: clock) }
        for (number, page) in fleet?.pages.waiting ?? [:] {
            let incident = engine.board.incidents.numbered(number)
            let isObserve = incident?.mode == .observe
            let host = fleet?.pagedBy(page.scope, isObserve: isObserve)
            let isClaimed = fleet?.isClaimed(page.scope, isObserve: isObserve, at: clock) == true
            if incident?.state != .open {
                fleet?.pages.waiting[number] = nil
                await parts.pager.drop(page.alert, at: page.time)
            } else if let host {
                fleet?.pages.waiting[number] = nil
                await leave(page.alert, of: page.scope, to: host, at: page.time)
            } else if isClaimed {
                // Where that comes to nothing the order begins anew, or all would page at once.
                let wait = wait(for: page.scope, of: incident, at: clock)
                fleet?.pages.waiting[number]?.since = clock
                fleet?.pages.waiting[number]?.due = clock + wait
            } else if clock >= page.due || fleet?.alone(at: clock) != nil {
                // Who else tripped at the same moment may have become known meanwhile.
                let due = page.since + wait(for: page.scope, of: incident, at: clock)
                guard clock >= due else {
                    fleet?.pages.waiting[number]?.due = due
                    continue
                }
                fleet?.pages.waiting[number] = nil
                await tell(page.alert, of: page.scope, number, at: page.time)
            }
        }
        await withdrawPages()
    }

    /// How long this host waits before it pages of `incident`, in nanoseconds.
    private func wait(for scope: FleetScope, of incident: Incident?, at clock: Int64) -> Int64 {
        fleet?.wait(
            for: scope,
            isOwn: incident?.isAdopted == false,
            isObserve: incident?.mode == .observe,
            at: clock
        ) ?? 0
    }

    /// Takes back what this host could not deliver and another has meanwhile.
    private func withdrawPages() async {
        for number in fleet?.pages.undelivered ?? [] {
            guard let incident = engine.board.incidents.numbered(number), incident.state == .open,
                let scope = FleetScope(incident.scope)
            else {
                fleet?.pages.undelivered.remove(number)
                continue
            }
            guard
                let host = fleet?.pagedBy(scope, isObserve: incident.mode == .observe)
            else { continue }
            fleet?.pages.undelivered.remove(number)
            parts.log.write(6, nil, "\(host) of the fleet paged of \(scope.name)", list: scope.list)
            await parts.pager.leave(incident: number)
        }
    }

    /// Whether a page waits for its turn, or for its target.
    var pagesWait: Bool {
        fleet?.pages.waiting.isEmpty == false || fleet?.pages.undelivered.isEmpty == false
    }

    /// Pages, and tells the others that it is being done.
    private func tell(_ alert: Alert, of scope: FleetScope, _ number: Int64, at time: Timestamp)
        async
    {
        guard let key = fleet?.pageKey(of: scope) else {
            return await parts.pager.submit(alert, at: time)
        }
        fleet?.pages.keys[number] = key
        claim(number)
        await submit(alert, as: key, at: time)
    }

    /// Says that this host is about to page of an incident, where it has anybody to page.
    func claim(_ number: Int64) {
        guard fleet != nil, !engine.settings.paging.targets.isEmpty,
            note(.claimed, of: number)
        else { return }
        fleet?.pages.undelivered.insert(number)
    }

    /// A target has a page about these incidents: the others need not page.
    func delivered(_ incidents: [Int64]) {
        for number in incidents where fleet != nil {
            fleet?.pages.undelivered.remove(number)
            _ = note(.sent, of: number)
        }
    }

    /// Notes how far the page of an incident is; false where it is none of the fleet's that is open.
    private func note(_ mark: PageMark, of number: Int64) -> Bool {
        guard let incident = engine.board.incidents.numbered(number), incident.state == .open,
            let scope = FleetScope(incident.scope),
            let names = fleet?.member.book.openTrips(of: scope).map(\.name), !names.isEmpty
        else { return false }
        fleet?.pages.note(own: names, mark)
        fleetChanged()
        return true
    }

    private func submit(_ alert: Alert, as key: String, at time: Timestamp) async {
        var renamed = alert
        renamed.dedupKey = key
        // It was saved under its own name.
        await parts.pager.submit(renamed, at: time, inPlaceOf: alert)
    }

    private func leave(_ alert: Alert, of scope: FleetScope, to host: String, at time: Timestamp)
        async
    {
        parts.log.write(6, nil, "\(host) of the fleet paged of \(scope.name)", list: scope.list)
        await parts.pager.drop(alert, at: time)
    }
}

extension FleetScope {
    /// What `subject` is to the fleet.
    init?(_ subject: Subject) {
        switch subject {
        case .queue: self = .queue
        case .list(let address): self = .list(address)
        case .sender(let address): self = .list(Self.senderMark + address)
        case .drill: return nil
        }
    }
}
