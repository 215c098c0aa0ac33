// SPDX-License-Identifier: Apache-2.0
//
// What a judge of a large fleet costs: batches of facts of many hosts, read off their text as the carrier
// hands them over, through the real joining and judging code; no network and no broker. Time is simulated, so
// that the rate is what is asked for, and the processor's time says how much of it there is. The mistake to
// avoid: facts that nobody judges; strangers answer, and now and then a storm is dealt over hosts.

internal import ArgumentParser
internal import EventTime
internal import Fleet
internal import FleetJudging
internal import ListTraffic
internal import Store
internal import StormDetection

/// Times a fact, weighs a judge, and times verdicts.
struct FleetBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Time and weigh a judge of a large fleet.",
        discussion: "Exits 1 when a limit is not met, or a storm is not seen."
    )

    @Option(help: "Hosts that tell.")
    var hosts = 1000

    @Option(help: "Lists that they tell of.")
    var lists = 100_000

    @Option(help: "Facts a second of all hosts.")
    var rate = 5000

    @Option(help: "Seconds that are simulated.")
    var seconds = 120

    @Option(help: "Storms, each dealt over all hosts.")
    var storms = 100

    @Option(help: "Trips of other hosts and resets that are merged.")
    var trips = 10_000

    @Option(help: "The most percent of one core.")
    var mostPercent = 50.0

    @Option(help: "The most MiB of memory.")
    var mostMiB = 512

    @Option(
        help:
            "The most milliseconds of processor time from the last fact of a storm to its verdict."
    )
    var mostMilliseconds = 50.0

    func run() throws {
        guard hosts > 1, lists > storms, rate > 0, seconds > 0, storms > 0, trips > 0 else {
            throw BenchError(text: "every number is at least 1, with more lists than storms")
        }
        let empty = try Meter.residentBytes()
        try Meter.forgetPeak()
        var fleet = BenchFleet(hosts: hosts, lists: lists, rate: rate, storms: storms)
        // What a judge of such a fleet has after weeks: each list is known, with its regular posters.
        fleet.learn()
        let learned = try Meter.residentBytes() - empty
        fleet.play(seconds: seconds)
        let full = try Meter.residentBytes() - empty
        print(
            "\(hosts) hosts, \(lists) lists, \(fleet.facts) facts in \(fleet.batches) batches, "
                + "\(rate) facts/s simulated for \(seconds) s"
        )
        let perFact = fleet.judging.seconds / Double(fleet.facts) * 1e6
        let percent = perFact * Double(rate) / 1e4
        print(
            "a fact, read off its text and judged: \(fixed(perFact, 2)) us of processor time; "
                + "\(rate) a second: \(fixed(percent, 1)) % of a core"
        )
        print(
            "memory: \(Self.mebibytes(learned)) MiB with all lists known, \(Self.mebibytes(full)) in the "
                + "end, peak \(Self.mebibytes(try Meter.peakBytes() - empty))"
        )
        let lags = fleet.lags.sorted()
        let slowest = lags.last ?? .infinity
        let middle = lags.isEmpty ? Double.infinity : lags[lags.count / 2]
        print(
            "storms: \(lags.count) of \(storms) seen, after \(fleet.postRange) posts; from the fact that "
                + "decides to the verdict: median \(fixed(middle, 3)) ms, slowest \(fixed(slowest, 3)) ms"
        )
        try saveJudge(fleet.judge)
        let merged = try merge()
        let isMet =
            percent <= mostPercent && full <= mostMiB << 20 && slowest <= mostMilliseconds
            && lags.count == storms && fleet.falseTrips == 0 && merged
        print(
            "limits of a judge: at most \(fixed(mostPercent, 0)) % of a core, \(mostMiB) MiB, "
                + "\(fixed(mostMilliseconds, 0)) ms, each storm seen and nothing else (\(fleet.falseTrips)): "
                + (isMet ? "met" : "NOT MET")
        )
        if !isMet { throw ExitCode(1) }
    }

    /// What it costs to write all that the judge knows, and again after nothing changed.
    private func saveJudge(_ judge: FleetJudge) throws {
        let folder = try BenchFolder(nil)
        let memory = Habits(directory: folder.path, of: .judge)
        var copy = judge
        for what in ["the first time", "again"] {
            var meter = Meter()
            var failure: (any Error)?
            meter.measure {
                do throws(StoreError) {
                    try memory.save(cursor: "", time: .distantPast) { try copy.archive(&$0) }
                } catch { failure = error }
            }
            if let failure { throw failure }
            guard !folder.path.isEmpty else { return }
            print(
                "saving what the judge knows, \(what): \(fixed(meter.seconds, 2)) s of processor time"
            )
        }
    }

    /// Trips of all hosts and their resets into one host's book; false where one is missing.
    private func merge() throws -> Bool {
        let settings = try FleetSettings(
            "[Fleet]\nHost=mx0\nDomains=lists.example\nBrokers=b1:8883\n"
        )
        var member = FleetMember(settings)
        let now = Timestamp(seconds: 1_800_000_000)
        var meter = Meter()
        let texts = (0..<trips).compactMap { number -> (String, [UInt8])? in
            guard
                let name = TripName(
                    host: "mx\(1 + number % (hosts - 1))",
                    incident: Int64(number / hosts),
                    opening: 0,
                    seconds: 1_800_000_000
                ),
                let trip = FleetTrip(
                    name: name,
                    scope: .list(BenchFleet.address(number % lists)),
                    time: now,
                    isArmed: true,
                    rule: "storm",
                    senders: [],
                    evidence: "5 replies by 5 people within 10 min"
                )
            else { return nil }
            return (FleetTopic.trip(name).text, Array(trip.text.utf8))
        }
        meter.measure {
            // Each of three brokers hands over all of it.
            for _ in 0..<3 {
                for (topic, bytes) in texts {
                    guard let record = try? FleetRecord(topic: topic, bytes) else { continue }
                    _ = member.hear(record, at: now)
                }
            }
        }
        print(
            "merging a trip that three brokers hand over: "
                + "\(fixed(meter.seconds / Double(texts.count) * 1e6, 1)) us of processor time; "
                + "\(member.book.trips.count) are kept"
        )
        return member.book.trips.count == min(trips, FleetBook.mostTrips)
    }

    private static func mebibytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1_048_576, 1) }
}
