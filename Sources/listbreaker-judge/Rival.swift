// SPDX-License-Identifier: Apache-2.0
//
// The limits that others have, on the same streams: so many replies within a window.

/// A limit on replies within a window.
struct Rival {
    var name: String
    var replies: Int
    var window: Int64
    var fewestMembers: Int64
    /// Whether posts that are no replies count too.
    var countsPosts: Bool

    /// Exchange Online's reply-all rule, ezmlm-limit's and LISTSERV's defaults.
    static let all = [
        Rival(
            name: "Exchange Online, 10 replies in 60 min",
            replies: 10,
            window: 3600,
            fewestMembers: 2500,
            countsPosts: false
        ),
        Rival(
            name: "ezmlm-limit, 30 posts in 60 min",
            replies: 30,
            window: 3600,
            fewestMembers: 0,
            countsPosts: true
        ),
        Rival(
            name: "LISTSERV Daily-Threshold, 50 posts",
            replies: 50,
            window: 86400,
            fewestMembers: 0,
            countsPosts: true
        ),
    ]

    /// The static limit an hour that has at most one false trip in ten years on `rows`.
    static func tuned(_ rows: [Row], years: Double) -> Rival {
        var rival = Rival(
            name: "static, tuned with hindsight",
            replies: 2,
            window: 3600,
            fewestMembers: 0,
            countsPosts: false
        )
        while Double(rival.trips(rows)) > max(0.1 * years, 0) && rival.replies < 10_000 {
            rival.replies += max(1, rival.replies / 20)
        }
        return rival
    }

    /// How often it trips on `rows`, at most once a day.
    func trips(_ rows: [Row]) -> Int {
        var count = 0
        var last = Int64.min / 2
        var times = Ring(count: replies)
        for row in rows where countsPosts || row.isReply {
            if let oldest = times.push(row.time), row.time - oldest <= window,
                row.time - last > 86400
            {
                count += 1
                last = row.time
            }
        }
        return count
    }

    /// Storm posts, of `rows` whose storm members are marked, until it trips; nil: never.
    func stormPosts(_ rows: [(row: Row, isStorm: Bool)], members: Int64) -> Int? {
        guard members >= fewestMembers else { return nil }
        var made = 0
        var times = Ring(count: replies)
        for (row, isStorm) in rows {
            if isStorm { made += 1 }
            guard countsPosts || row.isReply else { continue }
            if let oldest = times.push(row.time), row.time - oldest <= window, made > 0 {
                return made
            }
        }
        return nil
    }
}

/// The last `count` times.
struct Ring {
    private var times: [Int64]
    private var next = 0
    private let count: Int

    init(count: Int) {
        self.count = count
        times = []
    }

    /// Adds `time` and gives the oldest of the last `count`; nil while there are fewer.
    mutating func push(_ time: Int64) -> Int64? {
        if times.count < count {
            times.append(time)
        } else {
            times[next] = time
        }
        next = (next + 1) % count
        return times.count < count ? nil : times[next]
    }
}
