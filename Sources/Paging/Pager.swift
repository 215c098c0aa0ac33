// SPDX-License-Identifier: Apache-2.0
//
// Carries out what the queue decides: saves before it tries, runs scripts, and tells what became
// of them. Nothing that halts mail ever waits for it. The mistake to avoid: an `await` between
// asking the queue and saving what it said.

public import Breaker
public import EventTime
public import Linux
public import Settings

/// Delivers pages through the alert scripts.
///
/// ``run()`` works until its task is cancelled; everything else may be called at any time, also
/// before it.
public actor Pager {
    /// A queue of its own: saving waits for the disk, and Swift's own threads must not.
    private let executor = SerialQueue(name: "lb-paging")
    /// Where the actor's work runs.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// What the pager needs from the world.
    public struct Surroundings: Sendable {
        /// The host's name, as pages give it.
        public var host: String
        /// Passed on to scripts as `CREDENTIALS_DIRECTORY`; nil when there is none.
        public var credentials: String?
        /// The present time.
        public var now: @Sendable () -> Timestamp
        /// A time as the clock on this host's wall shows it, with its zone.
        public var wall: @Sendable (Timestamp) -> String
        /// Told what happens, for the log and the metrics; called one at a time.
        public var report: @Sendable (PagingReport) -> Void

        /// Surroundings with every part given.
        public init(
            host: String,
            credentials: String?,
            now: @escaping @Sendable () -> Timestamp,
            wall: @escaping @Sendable (Timestamp) -> String = { WallClock.text($0) },
            report: @escaping @Sendable (PagingReport) -> Void = { _ in }
        ) {
            self.host = host
            self.credentials = credentials
            self.now = now
            self.wall = wall
            self.report = report
        }
    }

    var queue: PageQueue
    private let outbox: any Outbox
    let surroundings: Surroundings
    private var random = SystemRandomNumberGenerator()
    var lastOutcome: [String: RunResult] = [:]
    var outboxError: String?
    var isRunning = false
    private var sleeper: Task<Void, Never>?
    private var wake: CheckedContinuation<Void, Never>?
    private var wasWoken = false
    var stop = StopFlag()
    var heartbeat = Heartbeat()

    /// A pager with what the outbox still holds.
    ///
    /// Rows that cannot be read are left where they are and reported. Blocks while it reads.
    public init(settings: PagingSettings, outbox: any Outbox, surroundings: Surroundings) {
        self.outbox = outbox
        self.surroundings = surroundings
        var pages: [Page] = []
        var submissions: [(key: String, submission: OutboxBody.Submission)] = []
        do {
            for row in try outbox.load() {
                do {
                    if row.key.hasPrefix(OutboxBody.pagePrefix) {
                        pages.append(try OutboxBody.value(Page.self, row.body))
                    } else if row.key.hasPrefix(OutboxBody.alertPrefix) {
                        let type = OutboxBody.Submission.self
                        submissions.append((row.key, try OutboxBody.value(type, row.body)))
                    }
                } catch {
                    surroundings.report(.outboxFailed("row '\(row.key)' is not readable: \(error)"))
                }
            }
        } catch {
            outboxError = "\(error)"
            surroundings.report(.outboxFailed("\(error)"))
        }
        queue = PageQueue(settings: settings, pages: pages)
        queue.recover(at: surroundings.now(), jitter: Double.random(in: 0..<1))
        // A stop between saving and handing in: handed in now.
        for (_, submission) in submissions {
            _ = queue.submit(submission.alert, at: submission.time)
        }
        let changes = queue.takeChanges()
        let keys = submissions.map(\.key)
        guard !changes.save.isEmpty || !changes.remove.isEmpty || !keys.isEmpty else { return }
        outboxError = Self.save(changes, removing: keys, in: outbox, surroundings)
    }

    /// The row that holds an alert before it is handed in.
    ///
    /// Save it in the transaction of the trip that it tells of; ``submit(_:at:)`` with the same
    /// alert and time then replaces it. nil when the alert has no JSON, which cannot be.
    public static func row(for alert: Alert, at time: Timestamp) -> OutboxRow? {
        let submission = OutboxBody.Submission(alert: alert, time: time)
        guard let body = try? OutboxBody.text(submission) else { return nil }
        return OutboxRow(key: OutboxBody.key(alert, at: time), body: body)
    }

    /// Takes an alert, or the end of one; returns when it is in the outbox.
    ///
    /// When the outbox fails it is delivered from memory all the same. `saved` is what was saved with its
    /// trip and is told under another key now; both are done in one transaction, so that a crash leaves one.
    public func submit(_ alert: Alert, at time: Timestamp, inPlaceOf saved: Alert? = nil) {
        _ = queue.submit(alert, at: time)
        save(removing: ([alert] + (saved.map { [$0] } ?? [])).map { OutboxBody.key($0, at: time) })
        wakeUp()
    }

    /// Incidents with a page that no target has yet.
    public var pendingIncidents: [Int64] {
        Set(queue.pages.values.filter { $0.isPending }.compactMap(\.first.incident)).sorted()
    }

    /// Tells of incidents no sooner than in `span`, what is pending: somebody else may have told meanwhile.
    public func postpone(by span: TimeSpan) {
        queue.postpone(until: surroundings.now() + span)
        save()
    }

    /// What is still to be told of an incident is told by somebody else.
    ///
    /// A script that runs goes on; its end, and reminders, are told as ever.
    public func leave(incident: Int64) {
        queue.leave(incident: incident)
        save()
    }

    /// Takes out of the outbox what was saved with its trip and is told otherwise, or by another host.
    public func drop(_ alert: Alert, at time: Timestamp) {
        save(removing: [OutboxBody.key(alert, at: time)])
    }

    /// Takes note that a person took over an incident: nobody further is woken for it.
    public func acknowledge(incident: Int64) {
        queue.acknowledge(incident: incident, at: surroundings.now())
        save()
        wakeUp()
    }

    /// The clock was set: what is due by it is due now.
    public func lookAgain() { wakeUp() }

    /// Takes new settings.
    public func update(_ settings: PagingSettings) {
        queue.update(settings, at: surroundings.now())
        save()
        wakeUp()
    }

    // MARK: The loop

    /// Delivers until the task is cancelled; scripts that run then have 3 s left.
    public func run() async {
        isRunning = true
        stop = StopFlag()
        defer { isRunning = false }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                while let run = queue.next(at: surroundings.now(), jitter: jitter()) {
                    save()
                    let call = call(for: run)
                    group.addTask { await self.finish(run, await ScriptRunner.run(call)) }
                }
                queue.prune(at: surroundings.now())
                save()
                await sleepUntilDue()
            }
            stop.set()
        }
    }

    /// Delivers what is pending until there is nothing left or `span` is over.
    ///
    /// For a process that ends after it. Returns whether everything was delivered or given up.
    public func drain(within span: TimeSpan) async -> Bool {
        let limit = ContinuousClock.now + .microseconds(span.microseconds)
        let loop = Task { await run() }
        defer { loop.cancel() }
        while queue.pages.values.contains(where: \.isUrgent) {
            guard ContinuousClock.now < limit else { return false }
            await Alarm.wait(for: TimeSpan(microseconds: 20_000))
        }
        return true
    }

    private func finish(_ run: Run, _ result: RunResult) {
        if result.outcome != .stopped { lastOutcome[run.target.name] = result }
        let consequence = queue.finish(run, result, at: surroundings.now(), jitter: jitter())
        save()
        let all = run.members + run.truncated
        let subjects = Subjects(
            keys: all.map(\.key),
            incidents: Set(all.compactMap(\.first.incident)).sorted()
        )
        surroundings.report(
            .tried(
                target: run.target.name,
                event: run.event,
                about: subjects,
                attempt: run.attempt,
                result: result
            )
        )
        switch consequence {
        case .none: break
        case .gaveUp: surroundings.report(.gaveUp(target: run.target.name, about: subjects))
        case .forgotten: surroundings.report(.forgot(target: run.target.name, about: subjects))
        }
        if let person = result.acknowledgedBy {
            for incident in Set(run.members.compactMap(\.first.incident)).sorted() {
                surroundings.report(.acknowledged(incident: incident, by: person))
            }
        }
        wakeUp()
    }

    func call(for run: Run) -> ScriptCall {
        let payload = Payload(
            run: run,
            host: surroundings.host,
            now: surroundings.now(),
            runbookURL: queue.settings.runbookURL,
            wall: surroundings.wall
        )
        let environment = Environment(
            run: run,
            payload: payload,
            credentials: surroundings.credentials
        )
        return ScriptCall(
            path: run.target.script,
            event: run.event,
            input: payload.message + "\n",
            environment: environment.variables,
            timeout: run.target.timeout,
            stop: stop
        )
    }

    private func jitter() -> Double { Double.random(in: 0..<1, using: &random) }

    private func sleepUntilDue() async {
        guard !wasWoken else {
            wasWoken = false
            return
        }
        // The clock may jump, so nothing is slept through longer than this. Chosen.
        var wait = TimeSpan.minutes(1)
        let now = surroundings.now()
        if let due = queue.nextDue(after: now) { wait = min(wait, due - now) }
        sleeper = Task { [wait] in
            await Alarm.wait(for: max(TimeSpan(microseconds: 1_000), wait))
            if !Task.isCancelled { wakeUp() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if wasWoken || Task.isCancelled {
                    continuation.resume()
                } else {
                    wake = continuation
                }
            }
        } onCancel: {
            Task { await self.wakeUp() }
        }
        sleeper?.cancel()
        wasWoken = false
    }

    private func wakeUp() {
        wasWoken = true
        wake?.resume()
        wake = nil
    }

    // MARK: Saving

    private func save(removing keys: [String] = []) {
        let changes = queue.takeChanges()
        guard !changes.save.isEmpty || !changes.remove.isEmpty || !keys.isEmpty else { return }
        let wasBroken = outboxError != nil
        outboxError = Self.save(changes, removing: keys, in: outbox, surroundings)
        if wasBroken, outboxError == nil { surroundings.report(.outboxWorks) }
    }

    private static func save(
        _ changes: (save: [Page], remove: [String]),
        removing keys: [String],
        in outbox: any Outbox,
        _ surroundings: Surroundings
    ) -> String? {
        do {
            try outbox.apply(
                save: changes.save.map(OutboxBody.row),
                remove: changes.remove.map { OutboxBody.pagePrefix + $0 } + keys
            )
            return nil
        } catch {
            surroundings.report(.outboxFailed("\(error)"))
            return "\(error)"
        }
    }
}
