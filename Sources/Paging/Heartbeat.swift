// SPDX-License-Identifier: Apache-2.0
//
// Whether to tell an outside dead-man's switch that all is well. Its silence is the message, so it
// must fall silent whenever somebody should look. The mistake to avoid: a timer of its own. The
// loop that watches calls `beat`, and when that loop stands still, so does the heartbeat.

public import EventTime

/// What the loop knows of itself.
public struct HeartbeatStatus: Sendable, Equatable {
    /// `armed` or `observe`.
    public var mode: String
    /// Breakers that are open.
    public var open: Int64
    /// How far behind the log we read.
    public var lag: TimeSpan
    /// Why we do not see, in words; nil when we do.
    public var blind: String?

    /// A status.
    public init(mode: String, open: Int64, lag: TimeSpan, blind: String?) {
        self.mode = mode
        self.open = open
        self.lag = lag
        self.blind = blind
    }
}

/// When the heartbeat beats, as a value.
struct Heartbeat: Sendable {
    private var last: Timestamp?
    private var isBeating = false
    private var silence: String?

    enum Beat: Equatable {
        /// Not now.
        case wait
        /// Run the script.
        case run
        /// Has fallen silent, for this reason; said once.
        case silent(String)
    }

    /// What to do at `now`, when `reason` is why to be silent.
    mutating func beat(at now: Timestamp, interval: TimeSpan, silentFor reason: String?) -> Beat {
        guard reason == nil else {
            defer { silence = reason }
            return silence == nil ? .silent(reason ?? "") : .wait
        }
        silence = nil
        if let last, now >= last, now - last < interval { return .wait }
        guard !isBeating else { return .wait }
        last = now
        isBeating = true
        return .run
    }

    /// The script has ended.
    mutating func ended() { isBeating = false }
}

extension PagingHealth {
    /// Why nobody could be paged now; nil when somebody can.
    func broken(targets: Int) -> String? {
        if !isRunning { return "pages are not being delivered" }
        if targets == 0 { return "there is no target for pages" }
        if let outboxError { return "the outbox does not work: \(outboxError)" }
        guard failing.count >= targets else { return nil }
        let words = failing.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "no target takes pages: " + words.joined(separator: "; ")
    }
}
