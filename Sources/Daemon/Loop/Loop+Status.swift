// SPDX-License-Identifier: Apache-2.0
//
// What the loop says of itself: to systemd, to people who ask, and to the operator when it cannot
// see. Nothing here decides about mail.

internal import Breaker
internal import Engine
internal import EventTime
internal import Journal
internal import Linux
internal import MailLog
internal import Paging
internal import Reports
internal import Settings
internal import SettingsFiles
internal import StormDetection
internal import Words

extension Loop {
    func sayReady(_ now: Timestamp) {
        let lag = max(0, (now - place.seen).seconds)
        let line = statusLine(lag: lag)
        if isReady {
            parts.notice.status(line)
        } else if place.isCaughtUp {
            isReady = true
            engine.pagesLateVerdicts = true
            parts.notice.ready(status: line)
            saySilence()
            parts.log.write(
                5,
                .started,
                "\(engine.board.mode == .armed ? "armed" : "observe mode: no queue is touched"); "
                    + "reading \(parts.sourceName); \(line)"
            )
        } else {
            parts.notice.catchingUp(status: "reading old entries, at \(place.seen.rfc3339)")
        }
    }

    /// A journal without a mail log is the commonest reason to see nothing: said once, at the start.
    private func saySilence() {
        let sight = engine.sight
        guard sight.believedLines == 0 || sight.disbelief != nil else { return }
        let why =
            sight.disbelief
            ?? "no line of a mail server in \(parts.sourceName) yet. If mail runs on this host: does "
            + "'postconf maillog_file' name a file (then the journal gets nothing), and does "
            + "'journalctl SYSLOG_FACILITY=2' show lines?"
        parts.log.write(
            4,
            .blind,
            "\(why). Still watching; listbreaker doctor looks for the cause"
        )
    }

    private func statusLine(lag: Double) -> String {
        let open = engine.board.incidents.filter { $0.state == .open }
        let tail =
            "\(engine.listCount.counting("list")) watched; lag \((lag * 10).rounded() / 10) s"
        guard let first = open.first else {
            return "\(engine.board.worst.rawValue) (mail flows); \(tail)"
        }
        let mail = first.mode == .armed ? "mail halted" : "observe: mail flows"
        return "OPEN since \(first.tripped.rfc3339) (\(first.scope.name)); \(mail); \(tail)"
    }

    /// The report for `status`, with `limit` lists at most.
    func status(limit: Int = Engine.mostListed) async -> StatusReport {
        let now = Timestamp.now
        return await completed(engine.status(at: now, limit: limit), at: now)
    }

    /// The report with the list or sender alone that `name` means; nil when it is not tracked.
    func status(named name: String) async throws(Engine.Refusal) -> StatusReport? {
        let more = "see listbreaker lists for those that are"
        let subject = try engine.subject(named: name, else: more)
        let now = Timestamp.now
        guard let report = engine.status(of: subject, at: now) else { return nil }
        return await completed(report, at: now)
    }

    /// What only the daemon knows, added to `report`.
    private func completed(_ report: StatusReport, at now: Timestamp) async -> StatusReport {
        var report = report
        report.journal.source = parts.sourceName
        report.journal.lagSeconds = max(0, (now - seen(at: now)).seconds)
        let hosts = parts.follower.lag.hosts.map { host in
            HostStatus(
                name: host.name,
                lastEntry: host.last?.rfc3339,
                silentSeconds: host.last.map { (now - $0).seconds },
                isCaughtUp: host.isAtEnd
            )
        }
        report.journal.hosts = hosts.isEmpty ? nil : hosts
        report.journal.blind = blind.map { HostStep.text($0) }
        let health = await parts.pager.health
        let tally = parts.paging.now
        report.paging.waiting = health.pending
        report.paging.delivered = tally.delivered
        report.paging.failed = tally.failed
        report.paging.changedSecrets = parts.secrets.change.map { HostStep.text($0) }
        report.paging.lastError = health.outboxError ?? tally.lastError
        report.manager = managerStatus
        report.delays = delays.status
        report.blocked = blocked.isEmpty ? nil : blocked
        return report
    }

    /// Why we do not see; nil: we see.
    private var blind: String? { blindness ?? ailing ?? lagText ?? engine.sight.blind }

    /// Lets the heartbeat beat, without waiting for it: called from the loop's own turn, so that it
    /// falls silent with the loop.
    func beat(_ now: Timestamp) {
        // The pager may have a script that was just taken away: it is told by the settings.
        guard isReady, !isBeating, !engine.settings.paging.heartbeatScript.isEmpty else { return }
        isBeating = true
        let lag = now - place.seen
        let status = HeartbeatStatus(
            mode: engine.board.mode.rawValue,
            open: Int64(engine.board.incidents.count { $0.state == .open }),
            lag: max(.seconds(0), lag),
            blind: blind
        )
        let pager = parts.pager
        Task {
            await pager.beat(status)
            isBeating = false
        }
    }

    /// Why what `name` means counts as it does; nil when nothing is known of it.
    func explain(_ name: String) throws(Engine.Refusal) -> ExplainReport? {
        engine.explain(list: try engine.subject(named: name).name)
    }

    /// The number of the incident that `name` means.
    func incident(named name: String) throws(Engine.Refusal) -> Int64 {
        try engine.incident(named: name)
    }

    /// The saved incidents as they stand: while one is open, with what no sweep has counted yet.
    func status(of incidents: [Incident]) -> [IncidentStatus] {
        incidents.map { saved in
            let live = engine.board.incidents.numbered(saved.number)
            var status = live.map { engine.board.status(of: $0) } ?? saved.status
            status.course = (live ?? saved).course?.status
            return status
        }
    }

    /// The dearest lists of one part, and the next; see ``ControlDesk``.
    func audit(from place: Int, limit: Int) -> (lists: [AuditedList], next: Int?) {
        engine.audit(from: place, limit: limit, at: .now)
    }

    /// The report of `lists`, and of the host.
    func audit(of lists: [AuditedList]) -> AuditReport { engine.audit(of: lists, at: .now) }

    /// New settings were refused: the old ones stay, and somebody is told.
    func rejected(_ reason: String) async {
        for line in reason.split(separator: "\n") {
            parts.log.write(3, .settingsRejected, String(line), reason: reason)
        }
        let now = Timestamp.now
        await parts.pager.submit(
            Alert(
                kind: .settingsRejected,
                severity: .error,
                summary: "new settings were refused, the old ones stay: "
                    + "\(reason.split(separator: "\n").first ?? "")",
                advice: "listbreaker check-config, then systemctl reload listbreakerd",
                started: now,
                dedupKey: "settings-rejected"
            ),
            at: now
        )
    }

    /// Takes new settings; state stays.
    func reload(_ settings: Settings) async {
        var trust = MailUsers.trust(settings)
        trust.acceptsAbsentFields = parts.believesUntrusted
        _ = engine.handle(.settings(settings, trust: trust))
        updateJudge()
        await parts.pager.update(settings.paging)
        let now = Timestamp.now
        // Postfix may have been set up otherwise: its answer says whether it can be narrowed.
        sayBlocks(wantedBlocks, at: now)
        await parts.pager.submit(
            Alert(
                kind: .settingsRejected,
                isResolved: true,
                severity: .info,
                summary: "the settings are valid again",
                advice: "Nothing to do.",
                started: now,
                ended: now,
                dedupKey: "settings-rejected"
            ),
            at: now
        )
    }

    /// Why reading late makes us blind; nil while we keep up.
    private var lagText: String? {
        isLagging ? "the log is read more than LagLimit= late" : nil
    }

    /// A storm that is seen late is a storm that is not seen: pages past the limit, and again when
    /// half of it is made good.
    func watchLag(_ now: Timestamp) async {
        guard isReady else { return }
        let lag = now - place.seen
        let limit = engine.settings.journal.lagLimit
        let half = TimeSpan(microseconds: limit.microseconds / 2)
        guard isLagging ? lag < half : lag > limit else { return }
        isLagging.toggle()
        let seconds = Int64(lag.seconds)
        parts.log.write(
            isLagging ? 2 : 5,
            isLagging ? .blind : .sighted,
            isLagging ? "the log is read \(seconds) s late" : "the log is read in time again"
        )
        await parts.pager.submit(
            Alert(
                kind: isLagging ? .blind : .sighted,
                isResolved: !isLagging,
                severity: isLagging ? .critical : .info,
                summary: isLagging
                    ? "listbreaker reads the mail log \(seconds) s late and would see a storm late"
                    : "listbreaker reads the mail log in time again",
                advice: isLagging
                    ? "Look at the host's load and disk: systemctl status listbreakerd"
                    : "Nothing to do.",
                started: now,
                ended: isLagging ? nil : now,
                dedupKey: "blind-lag"
            ),
            at: now
        )
    }

    func sighted(_ now: Timestamp) {
        guard blindness != nil else { return }
        blindness = nil
        parts.log.write(5, .sighted, "the journal can be read again")
        let pager = parts.pager
        Task {
            await pager.submit(
                Alert(
                    kind: .sighted,
                    isResolved: true,
                    severity: .info,
                    summary: "listbreaker can read the journal again",
                    advice: "Nothing to do.",
                    started: now,
                    ended: now,
                    dedupKey: "blind-journal"
                ),
                at: now
            )
        }
    }

    func blinded(by error: JournalError) async {
        if blindness == nil {
            parts.log.write(2, .blind, "\(error)", reason: "\(error)")
            await parts.pager.submit(
                Alert(
                    kind: .blind,
                    severity: .critical,
                    summary: "listbreaker is BLIND: \(error)",
                    advice: "A storm would not be seen. journalctl --verify; ls -l "
                        + "/var/log/journal; systemctl status systemd-journald",
                    started: .now,
                    dedupKey: "blind-journal"
                ),
                at: .now
            )
        }
        blindness = "\(error)"
        // The thread tries again at most once a second; so does the loop.
        await Alarm.wait(for: .seconds(1))
    }
}
