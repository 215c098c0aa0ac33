// SPDX-License-Identifier: Apache-2.0
//
// When the follower's thread looks again. Pure arithmetic on monotonic nanoseconds, so that it can be
// tested without a journal. The trade: a line must be seen within milliseconds while there is
// traffic, and an idle host must not be woken at all: its first line may be a quarter of a second
// late, until journald announces it, and those that follow are not.

/// How long to wait for the next entry.
struct FollowerPace {
    /// `sd_journal_process` at least this often: half of the second that rotated files may stay
    /// pinned; chosen.
    static let processInterval: Int64 = 500_000_000
    /// That the files can still be read is looked at this often: 15 s; chosen.
    static let proofInterval: Int64 = 15_000_000_000
    /// After this long without an entry only what the journal announces wakes us: 1 min; chosen.
    static let sleepAfter: Int64 = 60_000_000_000
    /// Asleep, this long after an announcement it is looked for anew once: 100 ms; chosen, see
    /// ``EntrySource/lookAgain()``.
    static let lookAfter: Int64 = 100_000_000
    /// The longest sleep: 1 min; chosen, whoever asks has a deadline of his own.
    static let longestSleep: Int64 = 60_000_000_000
    /// A failed journal is opened again at most this often: 1 s; chosen.
    static let reopenInterval: Int64 = 1_000_000_000
    /// In traffic two readings are as far apart as so many lines; chosen.
    ///
    /// A wake-up costs as much as reading a dozen lines, and the more lines come, the more may leave
    /// while nobody looks: so that a busy host is looked at often, and a calm one rarely.
    static let gatheredLines: Int64 = 2
    /// Two readings are at least so far apart in traffic: 2 ms; chosen.
    ///
    /// It is nearly all that a decision waits for on a busy host.
    static let shortestGathering: Int64 = 2_000_000
    /// Two readings are at most so far apart in traffic: 12 ms; chosen, within the 15 ms in which the
    /// queue is to be stopped on a calm host.
    static let longestGathering: Int64 = 12_000_000
    /// Lines within 50 ms of each other are traffic; chosen.
    static let trafficSpacing: Int64 = 50_000_000
    /// The shortest wait after a reading that found nothing: 4 ms; chosen.
    static let shortestWait: Int64 = 4_000_000
    /// The longest wait: 25 ms, so that the lines of a post that comes after a quiet time are read
    /// before the one that trips.
    ///
    /// Measured: with 500 ms, a tenth of 50 trips was later than 50 ms. 40 looks a second at an
    /// idle journal take 0.2 % of a core, so that they end after ``sleepAfter``.
    static let longestWait: Int64 = 25_000_000

    /// The shortest time until the end is looked for anew: 40 ms; chosen.
    static let shortestLook: Int64 = 40_000_000
    /// The longest one: 1 s; chosen.
    static let longestLook: Int64 = 1_000_000_000

    private var lastEntry: Int64
    /// Nanoseconds between two lines of the traffic, as a mean of what was read lately.
    private var spacing: Int64 = 0
    private var lastLook: Int64
    private var lastAnnouncement = Int64.min
    private var owesLook = false
    /// When to read again at the earliest.
    private var nextReading = Int64.min
    /// Whether every change of the files is announced, so that we may sleep.
    var isAnnounced = false
    /// Whether the last reading found nothing.
    private(set) var isCaughtUp = false

    /// A pace that starts as if an entry had just come.
    init(now: Int64) {
        lastEntry = now
        lastLook = now
    }

    /// Takes note of a reading that found `count` entries; full: it took no more than it was asked for.
    mutating func note(_ count: Int, isFull: Bool, now: Int64) {
        isCaughtUp = count == 0
        guard count > 0 else { return }
        // A backlog is read without a pause, and so is what follows the first line after a quiet time:
        // it may be the first of many, and is taken for that until they are seen not to come.
        let isTraffic = now - lastEntry < Self.trafficSpacing
        if isFull || !isTraffic {
            spacing = 0
            nextReading = .min
        } else {
            noteSpacing((now - lastEntry) / Int64(count))
            nextReading = now + gatherInterval
        }
        lastEntry = now
        lastLook = now
    }

    /// More lines count at once, fewer by and by: a storm must not wait for the mean of the calm before it.
    private mutating func noteSpacing(_ sample: Int64) {
        spacing = sample < spacing ? (spacing + sample) / 2 : spacing + (sample - spacing) / 8
    }

    /// The time between two readings in traffic, in nanoseconds: two lines' worth, 2 to 12 ms.
    private var gatherInterval: Int64 {
        min(max(spacing * Self.gatheredLines, Self.shortestGathering), Self.longestGathering)
    }

    /// How long to gather lines before the next reading, in nanoseconds; 0: not at all.
    func gathering(_ now: Int64) -> Int64 { max(0, nextReading == .min ? 0 : nextReading - now) }

    /// The journal announced a change, of whatever kind.
    mutating func noteAnnouncement(now: Int64) {
        lastAnnouncement = now
        owesLook = true
    }

    /// Whether there has been no entry for so long that only an announcement wakes us.
    private func isAsleep(_ now: Int64) -> Bool { isAnnounced && now - lastEntry > Self.sleepAfter }

    /// Whether to seek the last entry anew before waiting: a quarter of the quiet so far after the
    /// last time, 40 ms to 1 s; asleep, once after each announcement.
    mutating func isTimeToLookAgain(_ now: Int64) -> Bool {
        if isAsleep(now) {
            guard owesLook, now - lastAnnouncement >= Self.lookAfter else { return false }
            owesLook = false
            return true
        }
        let interval = min(max((now - lastEntry) / 4, Self.shortestLook), Self.longestLook)
        guard now - lastLook >= interval else { return false }
        lastLook = now
        return true
    }

    /// How long to sleep when nothing was found: an eighth of the quiet so far, 4 to 25 ms, and no
    /// less than between two readings.
    ///
    /// journald announces entries up to 250 ms after they can be read (its post-change timer), so
    /// the descriptor alone would be late.
    func quietWait(_ now: Int64) -> Int64 {
        if isAsleep(now) { return owesLook ? Self.lookAfter : Self.longestSleep }
        return min(max((now - lastEntry) / 8, Self.shortestWait, gatherInterval), Self.longestWait)
    }
}
