// SPDX-License-Identifier: Apache-2.0
//
// Large lists of which nobody knows what they are for: when they are looked for, and how `status` and
// `doctor` name them. Large is what is paged at night: the bound is that of soft holds.

import Breaker
import EventTime
import Reports
import Settings
import StormDetection

extension Engine {
    /// How often they are looked for; chosen: it is a matter of days.
    private static let unknownLook = TimeSpan.hours(1)
    /// Most that a report names.
    private static let mostNamed = 100

    /// Names them once a week.
    mutating func watchUnknown(now: Timestamp) {
        if let last = lookedForUnknown, now >= last, now - last < Self.unknownLook { return }
        lookedForUnknown = now
        guard settings.halt.softHoldPageMembers > 0 else { return }
        detector.settleUnknownLists(at: now)
        guard board.isUnknownDue(at: now) else { return }
        let old = detector.unknownLists(at: now).filter {
            now - $0.since >= BreakerBoard.unknownGrace
        }
        board.nameUnknown(old, now: now)
    }

    /// The same for a report; nil: there are none.
    func unknownStatus(at now: Timestamp) -> [UnknownListStatus]? {
        let lists = detector.unknownLists(at: now).prefix(Self.mostNamed)
        return lists.isEmpty
            ? nil
            : lists.map {
                UnknownListStatus(
                    list: $0.address,
                    members: $0.members,
                    posts: $0.posts,
                    since: $0.since.rfc3339
                )
            }
    }
}
