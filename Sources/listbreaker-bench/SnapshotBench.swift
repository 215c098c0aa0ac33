// SPDX-License-Identifier: Apache-2.0
//
// What a snapshot costs: resident memory before it and at its peak, while lines go on being read as
// in the daemon, the time of a save and of a restart's reading, and what further ones write. The
// mistakes to avoid: a snapshot of an engine that stands still, since what is changed meanwhile has to
// be copied; and one of a process that never used SQLite, as the daemon has from its start.

internal import ArgumentParser
internal import CAllocations
internal import Dispatch
internal import Engine
internal import EventTime
internal import Glibc
internal import MailLog
internal import Store

/// Weighs the saving of what was learned.
struct SnapshotBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Weigh the memory while what was learned is saved.",
        discussion: "Exits 1 when the peak is above the limit or a restart knows other lists."
    )

    @Option(help: "Lists that were learned.")
    var lists = 10_000

    @Option(help: "Posts of each of them.")
    var each = 5

    @Option(help: "Posts a second while the snapshot is written; 13 lines each.")
    var rate = 100

    @Option(help: "Posts a second between the snapshots that follow, 30 s apart.")
    var busy = 1

    @Option(help: "The most that memory may be at the peak, as a multiple of before.")
    var mostRatio = 1.15

    func run() throws {
        guard lists > 0, each > 0, rate > 0, busy >= 0 else {
            throw BenchError(text: "every number is at least 1")
        }
        let folder = try BenchFolder(nil)
        let habits = Habits(directory: folder.path)
        var engine = Engine(roomFor: lists, posts: lists * each)
        var lines = FloodLines()
        try warm()
        learn(&engine, &lines)
        // What the allocator keeps for later would hide what a snapshot takes.
        callocations_trim()
        let before = try Meter.residentBytes()
        try Meter.forgetPeak()
        let (seconds, read) = try save(&engine, &lines, to: habits)
        let peak = try Meter.peakBytes()
        let bytes = try Self.size(of: habits.path)
        let hourly = try saveOn(&engine, &lines, to: habits)
        let loading = try load(habits, instead: &engine)
        let ratio = Double(peak) / Double(before)
        print(
            "snapshot of \(lists) lists with \(each) posts each: \(mebibytes(before)) MiB before, "
                + "\(mebibytes(peak)) at the peak: \(fixed(ratio, 3))"
        )
        print(
            "  written in \(fixed(seconds, 2)) s, \(read) lines read meanwhile; "
                + "\(mebibytes(bytes)) MiB on disk; read again in \(fixed(loading, 2)) s"
        )
        print(
            "  then \(busy) posts a second and a snapshot each 30 s: "
                + "\(mebibytes(hourly)) MiB written an hour"
        )
        let isMet = ratio <= mostRatio
        print("limit: at most \(mostRatio) of before: \(isMet ? "met" : "NOT MET")")
        if !isMet { throw ExitCode(1) }
    }

    /// Every list posts `each` times, a day apart.
    private func learn(_ engine: inout Engine, _ lines: inout FloodLines) {
        for number in 0..<lists * each {
            if number % 100 == 0 {
                feed(&engine, &lines)
                lines.time = lines.time + TimeSpan(microseconds: 8_640_000_000_000 / Int64(lists))
            }
            lines.post(number, list: number % lists, members: 4)
        }
        feed(&engine, &lines)
    }

    private func feed(_ engine: inout Engine, _ lines: inout FloodLines) {
        engine.take(lines.batch)
        lines.clear()
    }

    /// Saves nothing elsewhere: SQLite's own code and memory are there before what is weighed.
    private func warm() throws {
        let folder = try BenchFolder(nil)
        let snapshot = Engine(roomFor: 1, posts: 1).snapshot
        try Habits(directory: folder.path).save(cursor: "c", time: .distantPast) {
            try snapshot.write(to: &$0)
        }
    }

    /// Bytes an hour that snapshots write while posts come in, scattered over all lists.
    private func saveOn(
        _ engine: inout Engine,
        _ lines: inout FloodLines,
        to habits: Habits
    ) throws -> Int {
        let (rounds, every) = (4, 30)
        let start = try Meter.writtenBytes()
        var number = lists * (each + 100)
        for _ in 0..<rounds {
            for _ in 0..<busy * every {
                lines.post(number, list: number &* 7919 % lists, members: 4)
                number += 1
            }
            lines.time = lines.time + .seconds(Int64(every))
            feed(&engine, &lines)
            let snapshot = engine.snapshot
            try habits.save(cursor: "c\(number)", time: lines.time) { try snapshot.write(to: &$0) }
        }
        return (try Meter.writtenBytes() - start) * 3600 / (rounds * every)
    }

    /// Saves on another thread while this one reads on.
    private func save(
        _ engine: inout Engine,
        _ lines: inout FloodLines,
        to habits: Habits
    ) throws -> (seconds: Double, read: Int) {
        let snapshot = engine.snapshot
        let time = lines.time
        let clock = ContinuousClock()
        let start = clock.now
        let done = DispatchGroup()
        let outcome = Outcome()
        DispatchQueue.global().async(group: done) {
            do throws(StoreError) {
                try habits.save(cursor: "c", time: time) { try snapshot.write(to: &$0) }
            } catch {
                outcome.error = "\(error)"
            }
        }
        var read = 0
        var number = lists * each
        while done.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
            for _ in 0..<max(1, rate / 50) {
                // Scattered over all lists.
                lines.post(number, list: number &* 7919 % lists, members: 4)
                number += 1
            }
            lines.time = lines.time + .seconds(1)
            read += lines.batch.entries.count
            feed(&engine, &lines)
        }
        if let error = outcome.error { throw BenchError(text: error) }
        return (Self.seconds(clock.now - start), read)
    }

    /// What became of the save; written before the group is left, read after it.
    private final class Outcome: @unchecked Sendable {
        var error: String?
    }

    /// Reads the habits into an engine that takes the place of `engine`.
    private func load(_ habits: Habits, instead engine: inout Engine) throws -> Double {
        let known = engine.listCount
        engine = Engine(roomFor: lists, posts: lists * each)
        let clock = ContinuousClock()
        let start = clock.now
        var snapshot: EngineSnapshot?
        _ = try habits.load { snapshot = try EngineSnapshot(from: &$0) }
        engine.restore(board: nil, snapshot: snapshot)
        let seconds = Self.seconds(clock.now - start)
        guard engine.listCount == known else {
            throw BenchError(text: "\(engine.listCount) lists were read again, not \(known)")
        }
        return seconds
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    private static func size(of path: String) throws -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw BenchError(text: "'\(path)' is not there")
        }
        return Int(status.st_size)
    }

    private func mebibytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1_048_576, 1) }
}
