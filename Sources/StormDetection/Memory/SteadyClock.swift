// SPDX-License-Identifier: Apache-2.0
//
// One clock out of stamps that may come from several, some of them wrong. The counted time never
// runs back, and no stamp drops anything. A stamp that is far behind begins an axis of its own:
// what follows on it keeps its pace from where the clock stands, so a clock that was put back, or
// one host of five whose clock is off by hours, costs one jump and then nothing.

internal import Archive
import EventTime

/// The counted time of one list, one sender, or all lists together.
struct SteadyClock: Sendable, Equatable {
    /// How far back a stamp is taken for simultaneous: logs are not in order across processes.
    ///
    /// Chosen.
    static let slack = TimeSpan.hours(1)

    private(set) var now = Timestamp.distantPast
    /// What stamps of the second axis lack; zero while there is but one.
    private(set) var shift = TimeSpan(microseconds: 0)

    init() {}

    /// Moves the clock to `stamp`, read on the axis that fits it better; gives the time that counts.
    mutating func advance(to stamp: Timestamp) -> Timestamp {
        let shifted = stamp + shift
        let time =
            shift.microseconds != 0 && distance(shifted) < distance(stamp) ? shifted : stamp
        if time >= now {
            now = time
        } else if now - time > Self.slack {
            shift = now - stamp
        }
        return now
    }

    /// Whether the clock shows what `stamp` says on either axis; behind it, it waits.
    func isAt(_ stamp: Timestamp) -> Bool { stamp == now || stamp + shift == now }

    private func distance(_ time: Timestamp) -> TimeSpan {
        time > now ? time - now : now - time
    }
}

extension SteadyClock: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.value(&now)
        var microseconds = shift.microseconds
        try stream.signed(&microseconds)
        shift = TimeSpan(microseconds: microseconds)
    }
}
