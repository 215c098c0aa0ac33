// SPDX-License-Identifier: Apache-2.0
//
// How a task waits for some time without Dispatch, which Task.sleep uses; see ``TaskPool``.

public import EventTime
internal import Glibc

/// Waits of tasks, counted by one thread that sleeps until the first of them is over.
public enum Alarm {
    private static let waits = Guarded(Waits())
    private static let bell = try? Bell()
    /// The longest wait, so that no sum overflows; chosen.
    private static let longest = TimeSpan.days(365)

    /// Waits for `span`, or until the task is cancelled.
    ///
    /// The clock is CLOCK_MONOTONIC: setting the host's clock changes nothing. Should there be no
    /// descriptor left for the thread that counts, Swift's own way does it.
    public static func wait(for span: TimeSpan) async {
        guard let bell else {
            try? await Task.sleep(for: .microseconds(span.microseconds))
            return
        }
        let nanoseconds = min(max(span, .seconds(0)), longest).microseconds * 1000
        let wait = Wait(due: SystemClock.monotonic + nanoseconds)
        let isFirst = waits.withLock { waits in waits.add(wait) }
        if isFirst { requireThread(named: "lb-alarm", isUrgent: true) { count(bell) } }
        bell.ring()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Cancelled before it was counted: nobody would take it out.
                if !wait.begin(continuation) { waits.withLock { waits in waits.remove(wait) } }
            }
        } onCancel: {
            wait.end()
            waits.withLock { waits in waits.remove(wait) }
        }
    }

    /// Ends the waits whose time has come, for ever.
    private static func count(_ bell: Bell) -> Never {
        while true {
            let now = SystemClock.monotonic
            let (over, next) = waits.withLock { waits in waits.takeOver(at: now) }
            for wait in over { wait.end() }
            var place = [pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)]
            if poll(&place, nanoseconds: next.map { $0 - now } ?? .max) > 0 { bell.clear() }
        }
    }
}

/// All waits that are not over.
///
/// They are few: a pager's, and one of each question of a carrier.
private struct Waits: Sendable {
    private var waits: [Wait] = []
    private var isCounted = false

    /// Adds one; returns whether nobody counts yet.
    mutating func add(_ wait: Wait) -> Bool {
        waits.append(wait)
        defer { isCounted = true }
        return !isCounted
    }

    mutating func remove(_ wait: Wait) { waits.removeAll { $0 === wait } }

    /// Those that are over at `now`, which are taken out, and when the next one will be.
    mutating func takeOver(at now: Int64) -> (over: [Wait], next: Int64?) {
        let over = waits.filter { $0.due <= now }
        waits.removeAll { $0.due <= now }
        return (over, waits.map(\.due).min())
    }
}

/// One task that waits.
private final class Wait: Sendable {
    private enum State: Sendable {
        case new
        case waiting(CheckedContinuation<Void, Never>)
        case over
    }

    /// When it is over, in nanoseconds of CLOCK_MONOTONIC.
    let due: Int64
    private let state = Guarded(State.new)

    init(due: Int64) { self.due = due }

    /// Takes who is to be woken; false where it is over before, and then who came is woken at once.
    func begin(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver { continuation.resume() }
        return !isOver
    }

    /// Wakes who waits, once.
    func end() {
        let before = state.withLock { state in
            let before = state
            state = .over
            return before
        }
        if case .waiting(let continuation) = before { continuation.resume() }
    }
}
