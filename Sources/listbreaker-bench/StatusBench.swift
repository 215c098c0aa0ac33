// SPDX-License-Identifier: Apache-2.0
//
// What a question costs while many lists are known: `status`, `status LIST`, the progress bar's and
// the metrics', each on the loop's own time, in which no line is read. The mistake to avoid: one
// list that is asked for again and again; it would be in the processor's cache.

internal import ArgumentParser
internal import Engine
internal import Reports
internal import StormDetection

/// Times the questions that people and programs ask.
///
/// Measured on two shared cores that others used, in microseconds with 1,000, 10,000 and 100,000
/// lists: one list 9, 10, 11; `status` 600, 1500, 900; it was 4800, 6000, 6000 when every figure of
/// a thousand lists was worked out to name a hundred. By callgrind, instructions with 10,000 and
/// 100,000 lists: one list 128,000 and 129,000; `status` 8.2 and 7.6 million, five of them for the
/// order of a thousand lists.
struct StatusBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Time what people ask, among many lists.",
        discussion: """
            Exits 1 when a limit is not met. For instructions, which other load does not change, \
            on a copy without debugging information (strip -g): \
            valgrind --tool=callgrind --toggle-collect='*StatusBench*ask*' COPY status --only list
            """
    )

    /// What is asked.
    enum Question: String, CaseIterable, ExpressibleByArgument {
        case brief, list, metrics, status, all

        /// The most microseconds of processor time.
        var limit: Double {
            switch self {
            case .brief, .list: 100
            case .metrics, .status: 2000
            case .all: 20_000
            }
        }
    }

    @Option(help: "Lists that are known.")
    var lists = 10_000

    @Option(help: "Posts of each of them.")
    var each = 3

    @Option(help: "Times that each is asked.")
    var times = 100

    @Option(help: "Only this one.")
    var only: Question?

    func run() throws {
        guard lists > 0, each > 0, times > 0 else {
            throw BenchError(text: "every number is at least 1")
        }
        var engine = Engine(roomFor: lists, posts: lists * each)
        var lines = FloodLines()
        for number in 0..<lists * each {
            lines.post(number, list: number % lists, members: 4)
            guard number % 100 == 99 || number == lists * each - 1 else { continue }
            engine.take(lines.batch)
            lines.clear()
        }
        var isMet = true
        for question in only.map({ [$0] }) ?? Question.allCases {
            var meter = Meter()
            var found = 0
            meter.measure { found = ask(question, engine, lines) }
            guard found > 0 || question == .brief else {
                throw BenchError(text: "nothing was found by '\(question.rawValue)'")
            }
            let each = meter.seconds / Double(times) * 1e6
            isMet = isMet && each <= question.limit
            print(
                "\(lists) lists, \(question.rawValue): \(fixed(each, 1)) us, "
                    + "\(found / times) named; limit \(fixed(question.limit, 0)) us"
            )
        }
        print("limits of questions: \(isMet ? "met" : "NOT MET")")
        if !isMet { throw ExitCode(1) }
    }

    /// Asks ``times`` times; gives how many lists were named.
    @inline(never)
    private func ask(_ question: Question, _ engine: Engine, _ lines: FloodLines) -> Int {
        var found = 0
        for number in 0..<times {
            let report: StatusReport?
            switch question {
            case .brief: report = engine.status(at: lines.time, limit: 0)
            case .list:
                let subject = Subject.list("real\(number &* 7919 % lists)@lists.example")
                report = engine.status(of: subject, at: lines.time)
            case .metrics: report = engine.status(at: lines.time, limit: Metrics.mostLists)
            case .status: report = engine.status(at: lines.time, limit: 100)
            case .all: report = engine.status(at: lines.time)
            }
            found += report?.lists.count ?? 0
        }
        return found
    }
}
