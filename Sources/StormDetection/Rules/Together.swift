// SPDX-License-Identifier: Apache-2.0
//
// People who come at one moment. Nobody reads and answers within seconds, and least of all several at
// once: what comes so is one batch, whoever it says it is from. A robot that gives each of its mails an
// address of its own, a queue of somebody else's, a mailing through many accounts. Only where no headers
// are logged: they show that a batch answers nothing, and when it was written.

import EventTime

extension Rings {
    /// Those who came within this of the first of a batch are one with it.
    ///
    /// Chosen: of 53 real lists, those that tripped by people without headers got theirs within three
    /// seconds. Storms of 300 answers an hour have twelve seconds between two.
    static let moment: UInt32 = 5

    /// How many of those who posted from `start` on were one of a batch and not its first, in all, and of
    /// them strangers; as far as they are remembered, two hours.
    func batched(since start: Timestamp) -> PolicyWatch.Counts {
        let start = UInt32(start)
        var (some, strange): (UInt32?, UInt32?)
        var batched = PolicyWatch.Counts()
        for person in all(PolicyWatch.Replier.self) where person.second >= start {
            if let first = some, person.second.less(first) < Self.moment {
                batched.all += 1
            } else {
                some = person.second
            }
            guard person.isStranger else { continue }
            if let first = strange, person.second.less(first) < Self.moment {
                batched.strangers += 1
            } else {
                strange = person.second
            }
        }
        return batched
    }
}
