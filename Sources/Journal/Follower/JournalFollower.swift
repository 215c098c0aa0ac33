// SPDX-License-Identifier: Apache-2.0
//
// The daemon's eye: asks its thread for the next entries and waits without blocking a thread of
// the concurrency pool. What is read and when is decided in FollowerThread. One question at a time.
// Who asks may live on that thread, and then an entry reaches it without a change of threads.

internal import Glibc
public import Linux
public import MailLog

/// Follows a journal as it grows.
///
/// Owns one thread, which opens, waits on, reads and closes the handle. It reads only on demand.
public final class JournalFollower: Sendable {
    private let mailbox: FollowerMailbox
    /// The thread, for the actor that asks: what it does between two questions is done there.
    public let executor: ThreadExecutor

    /// Opens `source` on a thread of its own; returns when it is open and proven readable.
    ///
    /// `extraMatches` are `FIELD=VALUE`, each an alternative to the mail facility. Blocks for the
    /// milliseconds that opening takes.
    public convenience init(
        source: JournalSource,
        start: ReadStart,
        extraMatches: [String] = []
    ) throws(JournalError) {
        try self.init(
            source: source,
            start: start,
            extraMatches: extraMatches,
            proofInterval: FollowerPace.proofInterval
        )
    }

    /// The same, looking every `proofInterval` nanoseconds whether the files can still be read.
    init(
        source: JournalSource,
        start: ReadStart,
        extraMatches: [String] = [],
        proofInterval: Int64
    ) throws(JournalError) {
        let mailbox = try FollowerMailbox()
        self.mailbox = mailbox
        executor = ThreadExecutor(mailbox.jobs)
        let thread = FollowerThread(
            mailbox: mailbox,
            source: source,
            start: start,
            matches: extraMatches,
            proofInterval: proofInterval
        )
        try JournalThread.start { thread.run() }
        if let failure = mailbox.waitUntilOpened() { throw failure }
    }

    deinit {
        mailbox.stop()
    }

    /// The next entries, at most `limit`, as soon as there are any.
    ///
    /// An empty batch means that `seconds` have passed without one, or that the task was cancelled.
    /// A batch may have only a gap in it. Throws what prevents reading; asking again tries again,
    /// at most once a second. Only one caller may wait at a time.
    public func next(
        limit: Int,
        within seconds: Double,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(JournalError) -> EntryBatch {
        let ticket = mailbox.newTicket()
        let mailbox = mailbox
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: isolation) { continuation in
                mailbox.ask(
                    Question(
                        ticket: ticket,
                        limit: max(1, limit),
                        deadline: SystemClock.monotonic + SystemClock.nanoseconds(seconds),
                        continuation: continuation
                    )
                )
            }
        } onCancel: {
            mailbox.withdraw(ticket)
        }
        return try answer.get()
    }

    /// Ends the wait of ``next(limit:within:)`` early, with an empty batch.
    public func nudge() { mailbox.nudge() }

    /// How far behind the journal we are, and whether the thread lives.
    public var lag: JournalLag { mailbox.lag }

    /// Closes the journal; its thread ends when nobody has its ``executor`` any more.
    ///
    /// Who waits gets an empty batch; who asks later, an error. Safe to call twice.
    public func stop() { mailbox.stop() }
}

extension SystemClock {
    /// `seconds` as nanoseconds, between nothing and a day.
    static func nanoseconds(_ seconds: Double) -> Int64 {
        seconds > 0 ? Int64(min(seconds, 86400) * 1e9) : 0
    }
}
