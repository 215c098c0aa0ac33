// SPDX-License-Identifier: Apache-2.0
//
// The thread behind a follower: opens the handle, sleeps, reads when asked, closes. It never reads
// ahead and never spins: each turn ends in poll(2) or in an answer. What a maintainer will get
// wrong: sd_journal_process has to be called each second while there is traffic, even when nobody asks
// (systemd issue 7998). After a minute of quiet it is called when the files change, and only then.

internal import EventTime
internal import Glibc
internal import Linux
internal import MailLog

/// The thread that owns the handle.
final class FollowerThread: Sendable {
    private let mailbox: FollowerMailbox
    private let source: JournalSource
    private let start: ReadStart
    private let matches: [String]
    private let proofInterval: Int64

    init(
        mailbox: FollowerMailbox,
        source: JournalSource,
        start: ReadStart,
        matches: [String],
        proofInterval: Int64
    ) {
        self.proofInterval = proofInterval
        self.mailbox = mailbox
        self.source = source
        self.start = start
        self.matches = matches
    }

    /// The thread's whole life: until the mailbox is stopped, and no actor lives on it any more.
    func run() {
        follow()
        mailbox.jobs.runToEnd()
    }

    /// Reads until the mailbox is stopped.
    private func follow() {
        // Journal files are mapped, and others may cut them: systemd issue 24320.
        PageGuard.begin()
        defer { PageGuard.end() }
        let entries: JournalHosts
        do throws(JournalError) {
            entries = try JournalHosts(source: source, start: start, matches: matches)
        } catch {
            mailbox.reportOpened(error)
            return
        }
        mailbox.reportOpened(nil)
        var turn = FollowerTurn(
            entries: entries,
            mailbox: mailbox,
            proofInterval: proofInterval
        )
        while turn.go() {}
    }
}

/// One thread's loop, turn by turn.
private struct FollowerTurn {
    let entries: JournalHosts
    let mailbox: FollowerMailbox
    private var pace = FollowerPace(now: SystemClock.monotonic)
    /// Read for an asker who went away; given to the next.
    private var unclaimed: EntryBatch?
    private var lastProcess = SystemClock.monotonic
    private var lastFailure = Int64.min
    private let proofInterval: Int64
    private var lastProof = SystemClock.monotonic
    /// What kept the files from being read, when that was looked at last.
    private var refusal: JournalError?

    init(entries: JournalHosts, mailbox: FollowerMailbox, proofInterval: Int64) {
        self.proofInterval = proofInterval
        self.entries = entries
        self.mailbox = mailbox
        pace.isAnnounced = entries.isAnnounced
    }

    /// One turn; false when it was the last.
    mutating func go() -> Bool {
        runJobs()
        mailbox.jobs.beginTurn()
        switch mailbox.demand {
        case .stop:
            return false
        case .nothing:
            wait(FollowerPace.processInterval, forJournal: false)
        case .entries(let limit, let deadline):
            serve(limit, deadline)
        }
        processWhenDue()
        return true
    }

    /// Runs what the actor has to do that lives on this thread.
    private func runJobs() {
        PageGuard.end()
        mailbox.jobs.runJobs()
        PageGuard.begin()
    }

    private mutating func serve(_ limit: Int, _ deadline: Int64) {
        if let batch = unclaimed.take() {
            give(batch)
            return
        }
        if let refusal = proveWhenDue() {
            _ = mailbox.answer(.failure(refusal))
            return
        }
        let gathering = pace.gathering(SystemClock.monotonic)
        if gathering > 0 {
            wait(gathering, forJournal: false)
            return
        }
        if entries.needsReopening, !mayReopen() {
            wait(FollowerPace.processInterval, forJournal: false)
            return
        }
        var batch = EntryBatch()
        do throws(JournalError) {
            let isReopening = entries.needsReopening
            try entries.fill(&batch, limit: limit, now: .now)
            if isReopening { mailbox.update { lag in lag.reopenings += 1 } }
        } catch {
            _ = mailbox.answer(.failure(error))
            return
        }
        let now = SystemClock.monotonic
        pace.note(batch.entries.count, isFull: batch.entries.count >= limit, now: now)
        if !batch.entries.isEmpty || batch.gap != nil {
            note(batch)
            give(batch)
        } else if now >= deadline {
            _ = mailbox.answer(.success(batch))
        } else if !entries.needsReopening {
            if pace.isTimeToLookAgain(now) { return entries.lookAgain() }
            mailbox.update { lag in lag.isAtEnd = true }
            let wasAnnounced = wait(min(deadline - now, pace.quietWait(now)), forJournal: true)
            if wasAnnounced { pace.noteAnnouncement(now: SystemClock.monotonic) }
        }
    }

    private mutating func give(_ batch: EntryBatch) {
        if !batch.entries.isEmpty { mailbox.update { lag in lag.isAtEnd = false } }
        if !mailbox.answer(.success(batch)) { unclaimed = batch }
    }

    /// What keeps the files from being read, now and a moment ago; nil: nothing.
    ///
    /// A file that is no longer readable, or gone with its folder, stays mapped: without this the
    /// journal would look like a quiet one for good.
    private mutating func proveWhenDue() -> JournalError? {
        let now = SystemClock.monotonic
        let interval =
            refusal == nil ? proofInterval : min(proofInterval, FollowerPace.reopenInterval)
        guard now - lastProof >= interval else { return nil }
        lastProof = now
        do throws(JournalError) {
            try entries.verify()
            refusal = nil
            return nil
        } catch {
            // journald makes a file first and gives it its rights then: once is no proof.
            defer { refusal = error }
            mailbox.update { lag in lag.isAtEnd = false }
            return refusal == nil ? nil : error
        }
    }

    /// Whether a second has passed since the journal was last opened again.
    private mutating func mayReopen() -> Bool {
        let now = SystemClock.monotonic
        guard lastFailure == .min || now - lastFailure >= FollowerPace.reopenInterval else {
            return false
        }
        lastFailure = now
        return true
    }

    private func note(_ batch: EntryBatch) {
        guard let last = batch.entries.last else { return }
        let hosts = entries.lags
        mailbox.update { lag in
            lag.position = last.time
            lag.hosts = hosts
            if let newest = lag.newest, newest < last.time { lag.newest = last.time }
        }
    }

    /// Sleeps until the bell, the journal when asked for, or `nanoseconds`; true: it was the journal.
    @discardableResult
    private func wait(_ nanoseconds: Int64, forJournal: Bool) -> Bool {
        var places = [pollfd(fd: mailbox.jobs.descriptor, events: Int16(POLLIN), revents: 0)]
        if forJournal {
            places += entries.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        }
        guard mailbox.jobs.mayWait() else { return false }
        let count = poll(&places, nanoseconds: nanoseconds)
        mailbox.jobs.waited(isRung: count > 0 && places[0].revents != 0)
        guard count > 0 else { return false }
        guard places.dropFirst().contains(where: { $0.revents != 0 }) else { return false }
        process()
        return true
    }

    /// Lets the journal take note of its files; what keeps it from that is told to who asks.
    private func process() {
        do throws(JournalError) { try entries.process() } catch {
            _ = mailbox.answer(.failure(error))
        }
    }

    private mutating func processWhenDue() {
        let now = SystemClock.monotonic
        guard now - lastProcess >= FollowerPace.processInterval else { return }
        lastProcess = now
        process()
        let newest = entries.newest
        let isCaughtUp = pace.isCaughtUp && unclaimed == nil
        let hosts = entries.lags
        mailbox.update { lag in
            lag.newest = newest
            lag.hosts = hosts
            lag.turns &+= 1
            if isCaughtUp { lag.position = newest ?? lag.position }
        }
    }
}
