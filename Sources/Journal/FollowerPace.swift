// SPDX-License-Identifier: Apache-2.0
//
// When the follower's thread looks again. Pure arithmetic on monotonic nanoseconds, so that it can be
// tested without a journal. The trade: a line must be seen within milliseconds while there is
// traffic, and an idle host must not be woken a hundred times a second.

/// How long to wait for the next entry.
struct FollowerPace {
    /// `sd_journal_process` at least this often: half of the second that rotated files may stay
    /// pinned; chosen.
    static let processInterval: Int64 = 500_000_000
    /// A failed journal is opened again at most this often: 1 s; chosen.
    static let reopenInterval: Int64 = 1_000_000_000
    /// 20 ms: long enough to gather a burst, too short to matter for a trip; chosen.
    static let linger: Int64 = 20_000_000
    /// A batch of fewer entries is tiny; chosen.
    static let tinyBatch = 16
    /// This many tiny batches in a row are a sustained burst; chosen.
    static let tinyRun = 8
    /// Batches within 3 ms of each other belong to one burst: faster than the shortest wait, so it
    /// happens only where each entry is announced by itself; chosen.
    static let burstSpacing: Int64 = 3_000_000
    /// The shortest wait: 4 ms; chosen.
    static let shortestWait: Int64 = 4_000_000
    /// The longest wait: 25 ms, so that the lines of a post that comes after a quiet time are read
    /// before the one that trips.
    ///
    /// Measured: with 500 ms, a tenth of 50 trips was later than 50 ms. 40 looks a second at an
    /// idle journal take 0.2 % of a core.
    static let longestWait: Int64 = 25_000_000

    /// The shortest time until the end is looked for anew: 40 ms; chosen.
    static let shortestLook: Int64 = 40_000_000
    /// The longest one: 1 s; chosen.
    static let longestLook: Int64 = 1_000_000_000

    private var lastEntry: Int64
    private var lastLook: Int64
    private var tinyBatches = 0
    /// Whether the last reading found nothing.
    private(set) var isCaughtUp = false

    /// A pace that starts as if an entry had just come.
    init(now: Int64) {
        lastEntry = now
        lastLook = now
    }

    /// Takes note of a reading that found `count` entries.
    mutating func note(_ count: Int, now: Int64) {
        isCaughtUp = count == 0
        guard count > 0 else { return }
        let isTinyInBurst = count < Self.tinyBatch && now - lastEntry < Self.burstSpacing
        tinyBatches = isTinyInBurst ? min(tinyBatches + 1, Self.tinyRun) : 0
        lastEntry = now
        lastLook = now
    }

    /// Whether to seek the last entry anew before waiting: a quarter of the quiet so far after the
    /// last time, 40 ms to 1 s.
    mutating func isTimeToLookAgain(_ now: Int64) -> Bool {
        let interval = min(max((now - lastEntry) / 4, Self.shortestLook), Self.longestLook)
        guard now - lastLook >= interval else { return false }
        lastLook = now
        return true
    }

    /// Whether to wait for more before the next reading: only in a sustained burst.
    var isLingering: Bool { tinyBatches >= Self.tinyRun }

    /// How long to sleep when nothing was found: an eighth of the quiet so far, 4 to 25 ms.
    ///
    /// journald announces entries up to 250 ms after they can be read (its post-change timer), so
    /// the descriptor alone would be late.
    func quietWait(_ now: Int64) -> Int64 {
        min(max((now - lastEntry) / 8, Self.shortestWait), Self.longestWait)
    }
}
