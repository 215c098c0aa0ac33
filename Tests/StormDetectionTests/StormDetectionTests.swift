// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this target share: a list that is easy to post to, and seeded randomness.

import EventTime
import ListTraffic
import StormDetection
import TestSupport

/// One list and the detector that watches it.
///
/// Times are seconds after a Tuesday, 10:00 UTC.
struct Watched {
    static let start: Int64 = 1_700_560_800
    var detector: StormDetector
    let id = ListID(index: 3)
    let address: String
    var members: Int64?
    /// Members with their mailbox on this host.
    var membersHere: Int64 = 0
    private var known: Set<UInt64> = []
    private var count: UInt64 = 0
    private(set) var verdicts: [Verdict] = []
    /// Further posts that kept a hold going.
    private(set) var continued = 0

    init(
        _ settings: DetectionSettings = DetectionSettings(),
        address: String = "annonce@example.org",
        members: Int64? = 3000
    ) {
        detector = StormDetector(settings: settings)
        self.address = address
        self.members = members
    }

    var identity: ListIdentity {
        ListIdentity(
            address: address,
            members: members,
            membersHere: membersHere,
            knownPosters: Int64(known.count)
        )
    }

    static func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: start + seconds) }

    static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Posts and gives the verdict; `thread` nil starts one.
    @discardableResult
    mutating func post(
        _ poster: String,
        at seconds: Int64,
        kind: PostKind = .replyByHeader,
        thread: UInt64? = nil,
        parent: UInt64? = nil,
        headers: Bool = true,
        age: TimeSpan? = .seconds(2),
        copies: Int64? = nil,
        isFromList: Bool = false
    ) -> Verdict? {
        count += 1
        let hash = Self.hash(poster)
        let post = Post(
            list: id,
            time: Self.time(seconds),
            poster: hash,
            posterAddress: poster,
            messageID: count,
            thread: thread ?? count,
            kind: kind,
            isStranger: !known.contains(hash),
            hasHeaders: headers,
            age: age,
            copies: copies ?? members ?? 0,
            queueID: "Q\(count)",
            parent: parent,
            isFromList: isFromList
        )
        let verdict = detector.observe(.post(post), list: identity)
        known.insert(hash)
        guard let verdict else { return nil }
        if verdict.isContinued == true {
            continued += 1
            return nil
        }
        verdicts.append(verdict)
        return verdict
    }

    /// The first post of `count` at which the list was held or tripped, and at which it tripped;
    /// each made by `post`, which is told its number from 1 on.
    mutating func run(_ count: Int, _ post: (inout Watched, Int) -> Void)
        -> (hold: Int?, trip: Int?)
    {
        let before = verdicts.count
        var hold: Int?
        for number in 1...count {
            post(&self, number)
            let later = verdicts.dropFirst(before)
            if hold == nil, !later.isEmpty { hold = number }
            if later.contains(where: { $0.action == .trip }) { return (hold, number) }
        }
        return (hold, nil)
    }

    /// The id that the latest post had.
    var latest: UInt64 { count }

    /// Years of innocent life: `perDay` threads a day by `regulars` people who answer each other.
    mutating func live(days: Int64, regulars: Int, perDay: Int64, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for day in -days..<0 {
            for _ in 0..<perDay {
                let second = day * 86400 + Int64.random(in: 0..<14_000, using: &random)
                let who = Int.random(in: 0..<regulars, using: &random)
                post("regular\(who)@example.org", at: second, kind: .newThread)
                let thread = latest
                post(
                    "regular\((who + 1) % regulars)@example.org",
                    at: second + Int64.random(in: 400..<40_000, using: &random),
                    thread: thread
                )
            }
        }
        // What a list without a past brought on its first days is another test's question.
        verdicts.removeAll()
        continued = 0
    }
}
