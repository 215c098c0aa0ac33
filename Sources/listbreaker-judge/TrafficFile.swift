// SPDX-License-Identifier: Apache-2.0
//
// Streams of real posts, one row a post; and what a mail log would let us know of each. Rows that
// are not understood are skipped: the header line is one of them.

import EventTime
import ListTraffic
import StormDetection
internal import Words

/// One post of a stream.
struct Row {
    var time: Int64
    var sender: UInt64
    var message: UInt64
    var parent: UInt64?
    var isReply: Bool
    /// Seconds between the Date header and arrival; nil when the stream does not say.
    var lag: Int64?
}

/// The stream of one list, in time order.
struct RealList {
    var name: String
    var rows: [Row] = []
    var years: Double {
        guard let first = rows.first, let last = rows.last else { return 0 }
        return Double(last.time - first.time) / (365.25 * 86400)
    }
}

enum TrafficFile {
    static func readStandardInput() -> [RealList] {
        var lists: [RealList] = []
        var places: [Substring: Int] = [:]
        while let line = readLine() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count >= 7, let time = Int64(fields[0]) else { continue }
            let place: Int
            if let known = places[fields[1]] {
                place = known
            } else {
                place = lists.count
                places[fields[1]] = place
                lists.append(RealList(name: String(fields[1])))
            }
            let row = Row(
                time: time,
                sender: hash(fields[2]),
                message: fields[3].isEmpty ? hash(Substring(line)) : hash(fields[3]),
                parent: fields[4].isEmpty ? nil : hash(fields[4]),
                isReply: fields[5] == "1",
                lag: Int64(fields[6])
            )
            lists[place].rows.append(row)
        }
        return lists
    }

    /// Stable between runs.
    static func hash(_ text: Substring) -> UInt64 { FNV1a(text.utf8).value }
}

/// What the log shows.
struct Sight {
    var hasHeaders: Bool
    var hasAges: Bool
    var members: Int64
    /// Share of people whose first mail comes 16 to 40 minutes late, as by greylisting.
    var lateShare = 0.0
    /// Words for a table.
    var label: String {
        "\(members) members, \(hasHeaders ? "headers" : "no headers"), "
            + (hasAges ? "ages" : "no ages")
    }
}

/// A detector that watches one list of posts, and what the traffic stage would know of it.
struct Watcher {
    static let retold: Int64 = 7 * 86400
    var detector: StormDetector
    let id: ListID
    let name: String
    let sight: Sight
    private(set) var known: Set<UInt64> = []
    private(set) var people: [UInt64] = []
    private var roots: [UInt64: UInt64] = [:]
    private var seen: [UInt64: Int64] = [:]
    private var regulars = Regulars()

    init(name: String, index: Int32, sight: Sight, settings: DetectionSettings) {
        detector = StormDetector(settings: settings)
        id = ListID(index: index)
        self.name = name
        self.sight = sight
    }

    mutating func post(_ row: Row) -> Verdict? {
        let event = event(of: row)
        let identity = ListIdentity(
            address: name,
            members: sight.members,
            knownPosters: Int64(known.count)
        )
        let verdict = detector.observe(event, list: identity)
        if known.insert(row.sender).inserted { people.append(row.sender) }
        if case .post = event { regulars.note(row) }
        return verdict
    }

    /// How old a post's Date is, where the log says so: with late Dates a person's first mail is 16 to
    /// 40 minutes older, by chance that is the same for the same mail.
    private func age(of row: Row) -> TimeSpan? {
        guard sight.hasAges else { return nil }
        let chance = Double(row.message % 1000) / 1000
        guard chance < sight.lateShare, !known.contains(row.sender) else {
            return row.lag.map { .seconds($0) }
        }
        return .seconds((row.lag ?? 0) + 960 + Int64(row.message / 1000 % 1441))
    }

    mutating func event(of row: Row) -> TrafficEvent {
        let time = Timestamp(seconds: row.time)
        if let last = seen.updateValue(row.time, forKey: row.message), row.time - last < Self.retold
        {
            return .returned(
                list: id,
                messageID: row.message,
                time: time,
                poster: row.sender,
                age: age(of: row)
            )
        }
        let root = row.parent.map { roots[$0] ?? $0 } ?? row.message
        roots[row.message] = root
        let kind: PostKind = row.isReply ? .replyByHeader : .newThread
        // Every poster is a member, who got a copy of what came before.
        let kindByPoster: PostKind =
            regulars.isEmpty || regulars.contains(row.sender) ? .unknown : .replyByPoster
        return .post(
            Post(
                list: id,
                time: time,
                poster: row.sender,
                // One for each: a rule tells by it who goes on alone.
                posterAddress: String(row.sender, radix: 16),
                messageID: row.message,
                thread: sight.hasHeaders ? root : row.message,
                kind: sight.hasHeaders ? kind : kindByPoster,
                isStranger: !known.contains(row.sender),
                hasHeaders: sight.hasHeaders,
                age: age(of: row),
                copies: sight.members,
                queueID: "",
                parent: sight.hasHeaders ? row.parent : nil
            )
        )
    }
}

/// `value` with `digits` behind the point.
func rounded(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int64((value * scale).rounded())
    guard digits > 0 else { return "\(whole)" }
    var fraction = String(whole % Int64(scale))
    while fraction.utf8.count < digits { fraction = "0" + fraction }
    return "\(whole / Int64(scale)).\(fraction)"
}

/// `text` made `width` wide.
func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}
