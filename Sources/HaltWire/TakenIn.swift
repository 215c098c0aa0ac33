// SPDX-License-Identifier: Apache-2.0
//
// What a look through the queue found of mail that the mail server had put on hold by itself. Whoever
// counts such mail by the log must know up to when it is in the figures of a report.

/// One list's mail as a look through the queue found it.
public struct TakenIn: Sendable, Codable, Equatable {
    /// The list.
    public var list: String
    /// When the look began: microseconds since 1970, by this host's clock.
    public var at: Int64
    /// Messages on hold that are known for the list's since this look.
    public var held: Int
    /// Those of them that came after it had begun.
    public var later: Int

    /// A look.
    public init(list: String, at: Int64, held: Int = 0, later: Int = 0) {
        self.list = list
        self.at = at
        self.held = held
        self.later = later
    }
}

extension HaltReport {
    /// Adds what one instance's queue had; of a list in several, what is certain of all counts.
    public mutating func note(_ look: TakenIn) {
        var looks = taken ?? []
        if let place = looks.firstIndex(where: { $0.list == look.list }) {
            looks[place].at = min(looks[place].at, look.at)
            looks[place].held += look.held
            looks[place].later += look.later
        } else {
            looks.append(look)
        }
        taken = looks
    }
}
