// SPDX-License-Identifier: Apache-2.0
//
// The thread behind a follower: opens the handle, sleeps, reads when asked, closes. It never reads
// ahead and never spins: each turn ends in poll(2) or in an answer. What a maintainer will get
// wrong: sd_journal_process has to be called each second even when nobody asks (systemd issue 7998).

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

    init(
        mailbox: FollowerMailbox,
        source: JournalSource,
        start: ReadStart,
        matches: [String]
    ) {
        self.mailbox = mailbox
        self.source = source
        self.start = start
        self.matches = matches
    }

    /// The thread's whole life: until the mailbox is stopped.
    func run() {
        let entries: EntrySource
        do throws(JournalError) {
            entries = try EntrySource(source: source, start: start, matches: matches)
        } catch {
            mailbox.reportOpened(error)
            return
        }
        mailbox.reportOpened(nil)
        var turn = FollowerTurn(entries: entries, mailbox: mailbox)
        while turn.go() {}
    }
}

/// One thread's loop, turn by turn.
private struct FollowerTurn {
    let entries: EntrySource
    let mailbox: FollowerMailbox
    private var pace = FollowerPace(now: SystemClock.monotonic)
    /// Read for an asker who went away; given to the next.
    private var unclaimed: EntryBatch?
    private var lastProcess = SystemClock.monotonic
    private var lastFailure = Int64.min

    init(entries: EntrySource, mailbox: FollowerMailbox) {
        self.entries = entries
        self.mailbox = mailbox
    }

    /// One turn; false when it was the last.
    mutating func go() -> Bool {
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

    private mutating func serve(_ limit: Int, _ deadline: Int64) {
        if let batch = unclaimed.take() {
            give(batch)
            return
        }
        if pace.isLingering { wait(FollowerPace.linger, forJournal: false) }
        if entries.needsReopening, !mayReopen() {
            wait(FollowerPace.processInterval, forJournal: false)
            return
        }
        var batch = EntryBatch()
        do throws(JournalError) {
            let isReopening = entries.needsReopening
            try entries.fill(&batch, limit: limit)
            if isReopening { mailbox.update { lag in lag.reopenings += 1 } }
        } catch {
            _ = mailbox.answer(.failure(error))
            return
        }
        let now = SystemClock.monotonic
        pace.note(batch.entries.count, now: now)
        if !batch.entries.isEmpty || batch.gap != nil {
            note(batch)
            give(batch)
        } else if now >= deadline {
            _ = mailbox.answer(.success(batch))
        } else if !entries.needsReopening {
            if pace.isTimeToLookAgain(now) { return entries.lookAgain() }
            wait(min(deadline - now, pace.quietWait(now)), forJournal: true)
        }
    }

    private mutating func give(_ batch: EntryBatch) {
        if !mailbox.answer(.success(batch)) { unclaimed = batch }
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
        mailbox.update { lag in
            lag.position = last.time
            if let newest = lag.newest, newest < last.time { lag.newest = last.time }
        }
    }

    /// Sleeps until the bell, the journal when asked for, or `nanoseconds`.
    private func wait(_ nanoseconds: Int64, forJournal: Bool) {
        var places = [
            pollfd(fd: mailbox.bell.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: forJournal ? entries.descriptor : -1, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = Int32(clamping: (max(0, nanoseconds) + 999_999) / 1_000_000)
        guard unsafe poll(&places, 2, milliseconds) > 0 else { return }
        if places[0].revents != 0 { mailbox.bell.clear() }
        if places[1].revents != 0 { entries.process() }
    }

    private mutating func processWhenDue() {
        let now = SystemClock.monotonic
        guard now - lastProcess >= FollowerPace.processInterval else { return }
        lastProcess = now
        entries.process()
        let newest = entries.newest
        let isCaughtUp = pace.isCaughtUp && unclaimed == nil
        mailbox.update { lag in
            lag.newest = newest
            lag.turns &+= 1
            if isCaughtUp { lag.position = newest ?? lag.position }
        }
    }
}
