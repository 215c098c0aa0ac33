// SPDX-License-Identifier: Apache-2.0
//
// One part of the work, done over and over and nothing else: what .ci/instructions counts under
// callgrind. It runs this with one pass and with three, so that all that comes before and after the
// passes falls out of the difference. The mistake to avoid: anything in a pass that hangs on the clock
// or on chance; the count has to be the same tomorrow.

internal import ArgumentParser
internal import Engine
internal import Journal
internal import MailLog
internal import StormSimulator

/// Does one part of the work on entries, some times over.
struct WorkBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Do one part of the work on some entries, for a profiler.",
        discussion: """
            read: a journal from its files. parse: trust and grammar of its lines, which lie in \
            memory. judge: the whole engine over them, the parser included.
            """
    )

    /// A part of the work.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case read, parse, judge
    }

    /// Lines of a batch, as ``Hindsight/Replay/batchLimit``.
    private static let batch = 1024

    @Argument(help: "read, parse or judge.")
    var part: Part

    @Option(help: "How often.")
    var passes = 1

    @Option(help: "Entries.")
    var entries = 30_000

    @Option(help: "Lists that they are spread over.")
    var lists = 1_000

    @Option(help: "A directory with a journal; it is written where there is none.")
    var directory: String?

    func run() throws {
        let folder = try BenchFolder(directory)
        if try !folder.hasJournal { try folder.writeJournal(entries: entries, lists: lists) }
        var batches: [EntryBatch] = []
        if part != .read { try read(folder.path) { batches.append($0) } }
        let mailUser = Scenario.bulk(entries: entries, lists: lists).mailUser
        var done = 0
        for _ in 0..<passes {
            switch part {
            case .read: try read(folder.path) { done += $0.entries.count }
            case .parse: done += parse(batches, Engine.benchReader(mailUser: mailUser))
            case .judge:
                var engine = Engine(mailUser: mailUser)
                for batch in batches { engine.take(batch) }
                done += Int(engine.sight.events)
            }
        }
        print("{\"type\":\"summary\",\"entries\":\(done)}")
    }

    private func read(_ path: String, _ take: (EntryBatch) -> Void) throws {
        do throws(JournalError) {
            let reader = try JournalReader(source: .directory(path), start: .head)
            var batch = EntryBatch()
            while try reader.read(into: &batch, limit: Self.batch) { take(batch) }
        } catch { throw BenchError(text: "\(error)") }
    }

    /// Lines that were understood.
    private func parse(_ batches: [EntryBatch], _ reader: LineReader) -> Int {
        var understood = 0
        for batch in batches {
            var sources = SourceMemo()
            for entry in batch.entries {
                var event = MailEvent(time: entry.time)
                reader.read(entry, in: batch.bytes, &sources, into: &event)
                if event.trust == .genuine, event.kind != .other { understood += 1 }
            }
        }
        return understood
    }
}
