// SPDX-License-Identifier: Apache-2.0
//
// What the follower's caller and its thread share: one question, the bell that wakes the thread, and
// the lag. Everything is behind one lock that is never held while reading or waiting.

internal import Linux
internal import MailLog

/// Someone waits for entries.
struct Question: Sendable {
    let ticket: UInt64
    let limit: Int
    /// Monotonic nanoseconds at which an empty batch is the answer.
    let deadline: Int64
    let continuation: CheckedContinuation<Result<EntryBatch, JournalError>, Never>
}

/// What the thread finds when it looks.
enum Demand: Sendable {
    case nothing
    case entries(limit: Int, deadline: Int64)
    case stop
}

/// The place where caller and thread meet.
final class FollowerMailbox: Sendable {
    private struct State: Sendable {
        var question: Question?
        var lastTicket: UInt64 = 0
        var withdrawn: UInt64 = 0
        var isStopped = false
        var openFailure: JournalError?
        var lag = JournalLag()
    }

    private let state = Guarded(State())
    /// Wakes the thread, and has what its owner's actor wants to do on it.
    let jobs: JobQueue
    /// Tells the maker that opening has ended.
    private let opened: Bell

    init() throws(JournalError) {
        jobs = try JournalThread.jobs()
        opened = try JournalThread.bell()
    }

    var lag: JournalLag { state.withLock { state in state.lag } }

    func newTicket() -> UInt64 {
        state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    /// Puts a question; answers at once when the follower is stopped or the asker is gone.
    func ask(_ question: Question) {
        let answer = state.withLock { state -> Result<EntryBatch, JournalError>? in
            if state.isStopped { return .failure(Self.stopped) }
            if question.ticket <= state.withdrawn { return .success(EntryBatch()) }
            precondition(state.question == nil, "two callers wait for one journal follower")
            state.question = question
            return nil
        }
        if let answer { question.continuation.resume(returning: answer) } else { jobs.wake() }
    }

    func withdraw(_ ticket: UInt64) {
        let question = state.withLock { state -> Question? in
            state.withdrawn = max(state.withdrawn, ticket)
            guard state.question?.ticket == ticket else { return nil }
            return state.question.take()
        }
        question?.continuation.resume(returning: .success(EntryBatch()))
    }

    /// Answers who waits with an empty batch.
    func nudge() {
        let question = state.withLock { state in state.question.take() }
        question?.continuation.resume(returning: .success(EntryBatch()))
    }

    func stop() {
        let question = state.withLock { state -> Question? in
            state.isStopped = true
            return state.question.take()
        }
        question?.continuation.resume(returning: .success(EntryBatch()))
        jobs.wake()
    }

    /// For the thread: what is wanted.
    var demand: Demand {
        state.withLock { state in
            if state.isStopped { return .stop }
            guard let question = state.question else { return .nothing }
            return .entries(limit: question.limit, deadline: question.deadline)
        }
    }

    /// For the thread: answers the question.
    ///
    /// False when the asker is gone meanwhile.
    func answer(_ result: Result<EntryBatch, JournalError>) -> Bool {
        let question = state.withLock { state in state.question.take() }
        question?.continuation.resume(returning: result)
        return question != nil
    }

    func update(_ change: (inout JournalLag) -> Void) {
        state.withLock { state in change(&state.lag) }
    }

    /// For the thread: opening has ended, well or not.
    func reportOpened(_ failure: JournalError?) {
        state.withLock { state in state.openFailure = failure }
        opened.ring()
    }

    func waitUntilOpened() -> JournalError? {
        opened.wait()
        return state.withLock { state in state.openFailure }
    }

    private static let stopped = JournalError(
        code: .stopped,
        operation: "read the journal",
        path: "",
        errno: 0,
        next: "nothing more will come"
    )
}
