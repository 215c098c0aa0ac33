// SPDX-License-Identifier: Apache-2.0
//
// What a post costs in detection, and what a list does: processor time of posts on lists that are
// warm, and memory of lists that posted once, then of lists whose rings are full. The mistake to
// avoid: posts that are all alike; only people who answer one another reach every rule.

internal import ArgumentParser
internal import EventTime
internal import ListTraffic
internal import StormDetection

/// Times a post, and weighs a list.
struct DetectionBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detection",
        abstract: "Time a post in detection, and weigh a list.",
        discussion: "Exits 1 when a limit is not met."
    )

    @Option(help: "Posts that are timed.")
    var posts = 1_000_000

    @Option(help: "Lists that they are spread over.")
    var lists = 1000

    @Option(help: "Lists that are weighed.")
    var weighed = 100_000

    @Option(help: "Posts of each of those until its rings are full.")
    var each = 30

    @Option(help: "The most microseconds of processor time for a post.")
    var mostMicroseconds = 5.0

    @Option(help: "The most bytes for a list that posted once.")
    var mostBytes = 1536

    @Option(help: "The most MiB for all lists that are weighed, with rings.")
    var mostMiB = 256

    func run() throws {
        guard posts > 0, lists > 0, weighed > 0, each > 0 else {
            throw BenchError(text: "every number is at least 1")
        }
        // First, while this process is small and what it gives back cannot hide what is taken.
        let (small, full) = try weigh()
        let microseconds = time()
        print("a post in detection: \(fixed(microseconds, 2)) us of processor time")
        print(
            "a list that posted once: \(small / weighed) bytes; \(weighed) lists with "
                + "\(each) posts each: \(fixed(Double(full) / 1_048_576, 1)) MiB"
        )
        let isMet =
            microseconds <= mostMicroseconds && small / weighed <= mostBytes
            && full <= mostMiB * 1_048_576
        print(
            "limits of detection: at most \(fixed(mostMicroseconds, 1)) us a post, \(mostBytes) "
                + "bytes a list, \(mostMiB) MiB: \(isMet ? "met" : "NOT MET")"
        )
        if !isMet { throw ExitCode(1) }
    }

    /// Microseconds of processor time for a post.
    private func time() -> Double {
        var detector = StormDetector(settings: DetectionSettings())
        let crowds = (0..<lists).map { Crowd(list: Int32($0)) }
        var meter = Meter()
        // A tenth of it to warm up.
        for number in 0..<posts / 10 { crowds[number % lists].post(number / lists, &detector) }
        let first = posts / 10 / lists
        meter.measure {
            for number in 0..<posts {
                crowds[number % lists].post(first + number / lists, &detector)
            }
        }
        return meter.seconds / Double(posts) * 1e6
    }

    /// Bytes of all lists after one post each, and after ``each``.
    private func weigh() throws -> (small: Int, full: Int) {
        var detector = StormDetector(settings: DetectionSettings())
        let empty = try Meter.residentBytes()
        var small = 0
        for round in 0..<each {
            for list in 0..<weighed {
                let crowd = Crowd(list: Int32(list))
                crowd.post(round, &detector)
            }
            if round == 0 { small = try Meter.residentBytes() - empty }
        }
        let full = try Meter.residentBytes() - empty
        // It must still be there when it is weighed.
        guard detector.isBound(ListID(index: 0)) else {
            throw BenchError(text: "the detector has forgotten its lists")
        }
        return (small, full)
    }
}

/// The people of one list: two in three posts answer, one in eight is by a stranger.
private struct Crowd {
    let list: Int32
    private let address: String

    init(list: Int32) {
        self.list = list
        address = "list\(list)@lists.example"
    }

    /// Gives the list's post `number` to `detector`; four an hour.
    func post(_ number: Int, _ detector: inout StormDetector) {
        let mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(list)
        let isStranger = number % 8 == 7
        let poster = isStranger ? mixed | 1 << 40 : UInt64(list) * 64 + mixed % 24
        let message = UInt64(list) << 32 | UInt64(number)
        let isReply = number % 3 != 0
        let root = UInt64(list) << 32 | UInt64(number / 3 * 3)
        let post = Post(
            list: ListID(index: list),
            time: Timestamp(seconds: 1_780_000_000 + Int64(number) * 900 + Int64(list % 900)),
            poster: poster,
            posterAddress: "person.\(poster % 1_000_000)@company.example",
            messageID: message,
            thread: root,
            kind: isReply ? .replyByHeader : .newThread,
            isStranger: isStranger,
            hasHeaders: true,
            age: .seconds(3),
            copies: 5000,
            queueID: "4A3F2B1C0D89A5",
            parent: isReply ? root : nil
        )
        let identity = ListIdentity(address: address, members: 5000, knownPosters: 24)
        _ = detector.observe(.post(post), list: identity)
    }
}
