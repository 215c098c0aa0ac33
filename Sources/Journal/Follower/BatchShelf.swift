// SPDX-License-Identifier: Apache-2.0
//
// Two batches between a reader's thread and its caller. The thread stops when both are full, at the
// end of the journal, and after a failure; the caller's next call sets it going again.

internal import EventTime
internal import Linux
internal import MailLog

/// Batches on their way from the reading thread to the caller, oldest first.
final class BatchShelf: Sendable {
    /// What came of filling a batch.
    enum Outcome: Sendable {
        case entries
        case end
        case failed(JournalError)
    }

    /// Batches read ahead at most; chosen: more brings nothing when both sides are busy.
    static let depth = 2

    private struct State: Sendable {
        var full: [(EntryBatch, Outcome)] = []
        var empty: [EntryBatch] = [EntryBatch(), EntryBatch()]
        /// Entries wanted a batch; 0 until the first call.
        var limit = 0
        /// Whether the thread rests until it is called again: the end, or a failure.
        var isResting = false
        var isStopped = false
        var openFailure: JournalError?
        var newest: Timestamp?
        var damage: [JournalDamage] = []
        /// Files that nobody looked through for damage.
        var left: [String] = []
    }

    private let state = Guarded(State())
    private let opened: Bell
    private let filled: Bell
    private let emptied: Bell

    init() throws(JournalError) {
        opened = try JournalThread.bell()
        filled = try JournalThread.bell()
        emptied = try JournalThread.bell()
    }

    // MARK: The caller's side

    func waitUntilOpened() -> JournalError? {
        opened.wait()
        return state.withLock { state in state.openFailure }
    }

    var newest: Timestamp? { state.withLock { state in state.newest } }

    /// What could not be read so far, and the files that still have to be looked through.
    var damage: (found: [JournalDamage], left: [String]) {
        state.withLock { state in (state.damage, state.left) }
    }

    /// Swaps `batch` for the oldest full one; waits for it.
    func take(_ batch: inout EntryBatch, limit: Int) throws(JournalError) -> Bool {
        var spent = EntryBatch()
        swap(&spent, &batch)
        let handed = spent
        spent = EntryBatch()
        state.withLock { state in
            if state.empty.count < Self.depth { state.empty.append(handed) }
            state.limit = limit
            if state.full.isEmpty { state.isResting = false }
        }
        emptied.ring()
        while true {
            let next = state.withLock { state in
                state.full.isEmpty ? nil : state.full.removeFirst()
            }
            guard let next else {
                filled.wait()
                continue
            }
            batch = next.0
            switch next.1 {
            case .entries: return true
            case .end: return false
            case .failed(let failure): throw failure
            }
        }
    }

    func stop() {
        state.withLock { state in state.isStopped = true }
        emptied.ring()
    }

    // MARK: The thread's side

    func reportOpened(newest: Timestamp?) {
        state.withLock { state in state.newest = newest }
        opened.ring()
    }

    func reportFailure(_ failure: JournalError) {
        state.withLock { state in state.openFailure = failure }
        opened.ring()
    }

    func report(_ damage: [JournalDamage], left: [String]) {
        state.withLock { state in
            state.damage = damage
            state.left = left
        }
    }

    var limit: Int { state.withLock { state in state.limit } }

    /// Waits for a batch to fill; nil when the reader is gone.
    func nextEmpty() -> EntryBatch? {
        while true {
            let (batch, isStopped) = state.withLock { state -> (EntryBatch?, Bool) in
                if state.isStopped { return (nil, true) }
                let mayRead = state.limit > 0 && !state.isResting && state.full.count < Self.depth
                return (mayRead ? state.empty.popLast() ?? EntryBatch() : nil, false)
            }
            if isStopped { return nil }
            if let batch { return batch }
            emptied.wait()
        }
    }

    func put(_ batch: EntryBatch, _ outcome: Outcome) {
        state.withLock { state in
            state.full.append((batch, outcome))
            if case .entries = outcome { return }
            state.isResting = true
        }
        filled.ring()
    }
}
