// SPDX-License-Identifier: Apache-2.0
//
// Ten million lists and queue ids that somebody invented, each in lines that are genuine, while real
// lists go on. Two questions: does memory stay flat, and do the real lists stay with right counts?
// Odd lists are announced like real ones and fill the main table, even ones stay unconfirmed.

internal import ArgumentParser
internal import Breaker
internal import Engine
internal import EventTime
internal import ListTraffic

/// Floods traffic and detection with invented lists.
struct FloodBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flood",
        abstract: "Invent millions of lists and queue ids beside real lists; print the memory.",
        discussion: """
            Prints resident memory, lists and evictions along the way. Exits 1 when memory grows \
            by more than the limit after two tenths of the flood, or when a real list was \
            forgotten or miscounted.
            """
    )

    @Option(help: "Lists to invent; as many queue ids, and a quarter more from strangers.")
    var invented = 10_000_000

    @Option(help: "Real lists among them.")
    var realLists = 20

    @Option(help: "Invented lists between two posts of the same real list.")
    var gap = 5000

    @Option(help: "The most that memory may grow after two tenths of the flood, in per cent.")
    var mostGrowth = 10.0

    /// Members of each real list.
    private static let members = 4

    func run() throws {
        guard invented >= 10, realLists > 0, gap >= realLists else {
            throw BenchError(text: "--invented is at least 10, --gap at least --real-lists")
        }
        var engine = Engine(mailUser: FloodLines.mailUser)
        var lines = FloodLines()
        var posts = [Int64](repeating: 0, count: realLists)
        var (number, early, last) = (0, 0, 0)
        print("  invented       lines   RSS MiB   lists unconfirmed  messages  evicted: lists")
        print("        unconfirmed   messages  fan-outs  arrivals     posts; posters refused")
        for tenth in 1...10 {
            while number < invented / 10 * tenth {
                lines.clear()
                for _ in 0..<100 {
                    lines.invent(number, recipients: number % 2 == 0 ? 2 : 9)
                    if number % 4 == 0 { lines.stranger(number) }
                    if number % (gap / realLists) == 0 {
                        let turn = number / (gap / realLists)
                        lines.post(turn, list: turn % realLists, members: Self.members)
                        posts[turn % realLists] += 1
                    }
                    number += 1
                }
                // A hundred lists a minute: the real ones post once an hour, and none may trip.
                lines.time = lines.time + .minutes(1)
                engine.take(lines.batch)
            }
            last = try Meter.residentBytes()
            if tenth == 2 { early = last }
            Self.show(engine, number, last)
        }
        guard engine.board.pinned.isEmpty else {
            throw BenchError(text: "a breaker is open, and its list could not leave")
        }
        let growth = (Double(last) / Double(early) - 1) * 100
        let lost = countLost(engine.traffic, posts)
        let isMet = growth <= mostGrowth && lost == 0
        let change = (growth < 0 ? "-" : "+") + fixed(abs(growth), 1)
        print(
            "real lists kept with right counts: \(realLists - lost) of \(realLists), "
                + "\(posts.reduce(0, +)) posts; memory since two tenths: \(change) %"
        )
        print(
            "limits: growth at most \(mostGrowth) %, no real list lost: \(isMet ? "met" : "NOT MET")"
        )
        if !isMet { throw ExitCode(1) }
    }

    /// Real lists that are gone, or whose posts or copies are not those that were written.
    private func countLost(_ traffic: ListTraffic, _ posts: [Int64]) -> Int {
        posts.indices.count { index in
            guard let list = traffic.list(at: "real\(index)@lists.example") else { return true }
            let facts = traffic.facts(of: list)
            let copies = posts[index] * Int64(Self.members)
            return Int64(facts.posts) != posts[index] || Int64(facts.announced) != copies
                || Int64(facts.sent) != copies
        }
    }

    private static func show(_ engine: Engine, _ number: Int, _ bytes: Int) {
        let counts = engine.traffic.counts
        print(
            column(number, 10) + column(engine.sight.entries, 12)
                + column(fixed(Double(bytes) / 1_048_576, 1), 10) + column(counts.lists, 8)
                + column(counts.unconfirmedLists, 12) + column(counts.messages, 10)
                + column(counts.evictedLists, 16)
        )
        print(
            column(counts.evictedUnconfirmedLists, 19) + column(counts.evictedMessages, 11)
                + column(counts.evictedFanOuts, 10) + column(counts.evictedArrivals, 10)
                + column(counts.evictedPosts, 10) + column(counts.refusedPosters, 17)
        )
    }
}
