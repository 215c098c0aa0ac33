// SPDX-License-Identifier: Apache-2.0
//
// The parser over lines that lie in memory, then the whole engine, beside the bare loop in C over the
// same lines in a journal. All by processor time, since others may use the machine.

internal import ArgumentParser
internal import Breaker
internal import Engine
internal import EventTime
internal import MailLog
internal import StormSimulator

/// Times the parser alone, and counts its allocations.
struct ParserBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parser",
        abstract: "Time the parser alone, then the engine, and count allocations.",
        discussion: """
            Entries a second of processor time, beside those of a bare loop in C over the same \
            lines in a journal. Exits 1 when a limit of the parser is not met.
            """
    )

    @Option(help: "Lines.")
    var lines = 200_000

    @Option(help: "Lists that they are spread over.")
    var lists = 10_000

    @Option(help: "How often the parser reads the lines.")
    var passes = 10

    @Option(help: "The fewest lines a second that the parser must read.")
    var leastRate = 1_500_000

    @Option(help: "The most allocations for a line in the parser.")
    var mostAllocations = 0.001

    func run() throws {
        try Meter.check()
        // Before this process grows: a child begins at its parent's size.
        let loop = try loopRate()
        let scenario = Scenario.bulk(entries: 3 * lines, lists: lists)
        var simulation = Simulation(scenario)
        var engine = Engine(mailUser: scenario.mailUser)
        let batch = EntryBatch(&simulation, scenario, limit: lines)
        guard !batch.entries.isEmpty else { throw BenchError(text: "there are no lines") }

        let parser = try parse(batch, Engine.benchReader(mailUser: scenario.mailUser))
        print("program                lines       lines/s   allocations/line")
        print("C loop          " + column(lines, 12) + column(loop, 14))
        let rate = Self.row("parser alone    ", parser.meter, parser.lines)

        // The first stretch fills the tables.
        engine.take(batch)
        var whole = Meter()
        let before = engine.sight.entries
        while true {
            let next = EntryBatch(&simulation, scenario, limit: lines)
            if next.entries.isEmpty { break }
            whole.measure { engine.take(next) }
        }
        _ = Self.row("the engine      ", whole, Int(engine.sight.entries - before))
        print(
            "the engine: parser, traffic, detection, breakers; \(engine.listCount) lists, "
                + "\(engine.board.pinned.count) breakers open"
        )
        let share = Double(parser.meter.allocations) / Double(parser.lines)
        let isMet = rate >= leastRate && share <= mostAllocations
        print(
            "limits of the parser: at least \(leastRate) lines a second, at most "
                + "\(mostAllocations) allocations a line: \(isMet ? "met" : "NOT MET")"
        )
        if !isMet { throw ExitCode(1) }
    }

    /// Reads `batch` once to warm up and ``passes`` times by the meter.
    private func parse(
        _ batch: EntryBatch,
        _ reader: LineReader
    ) throws -> (meter: Meter, lines: Int) {
        var understood = 0
        func pass() {
            var sources = SourceMemo()
            for entry in batch.entries {
                var event = MailEvent(time: entry.time)
                reader.read(entry, in: batch.bytes, &sources, into: &event)
                if event.trust == .genuine, event.kind != .other { understood += 1 }
            }
        }
        pass()
        guard understood > batch.entries.count * 9 / 10 else {
            throw BenchError(
                text: "only \(understood) of \(batch.entries.count) lines were understood"
            )
        }
        var meter = Meter()
        for _ in 0..<max(1, passes) { meter.measure(pass) }
        return (meter, batch.entries.count * max(1, passes))
    }

    /// Entries a second of processor time of the loop in C, over a journal of the same lines.
    private func loopRate() throws -> Int {
        let own = try ReplayBench.ownPath()
        let folder = try BenchFolder(nil)
        try folder.writeJournal(entries: lines, lists: lists)
        let words = [own.folder + "/journal-loop", folder.path]
        _ = try Run(words)
        let runs = try (0..<3).map { _ in try Run(words) }
        return Int(Double(lines) / Contest.median(runs.map(\.cpuSeconds)))
    }

    /// Prints a line of the table; gives the lines a second.
    private static func row(_ name: String, _ meter: Meter, _ lines: Int) -> Int {
        let rate = Int(Double(lines) / max(meter.seconds, 1e-9))
        let share = Double(meter.allocations) / Double(max(1, lines))
        print(name + column(lines, 12) + column(rate, 14) + column(fixed(share, 6), 19))
        return rate
    }
}

extension EntryBatch {
    /// The next `limit` lines of `simulation`, with the fields that journald adds.
    init(_ simulation: inout Simulation, _ scenario: Scenario, limit: Int) {
        self.init()
        let machine = append("0123456789abcdef0123456789abcdef".utf8)
        let unit = append("postfix@-.service".utf8)
        // A text that comes again stands once in a batch, as the journal's reader has it.
        var programs: [String: (identifier: ByteRange, executable: ByteRange)] = [:]
        while entries.count < limit, let line = simulation.nextLine() {
            var entry = LogEntry(time: line.time)
            let name = line.program.rawValue
            entry.message = append(line.message.utf8)
            let known =
                programs[name]
                ?? (append("postfix/\(name)".utf8), append("/usr/lib/postfix/sbin/\(name)".utf8))
            programs[name] = known
            (entry.identifier, entry.executable) = known
            entry.transport = .syslog
            entry.uid = line.program.isRoot ? 0 : scenario.mailUser
            entry.pid = line.pid
            entry.syslogPid = line.pid
            entry.unit = line.hasUnit ? unit : .absent
            entry.machine = machine
            entries.append(entry)
        }
    }
}
