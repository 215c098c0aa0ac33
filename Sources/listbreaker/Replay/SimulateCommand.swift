// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker simulate`: a synthetic mail log out of a scenario, for `replay` and for whoever wants
// to see a storm without having one. The same scenario and seed give the same bytes on every host.

internal import ArgumentParser
internal import Control
internal import EventTime
internal import Glibc
internal import StormSimulator
internal import Words

/// `listbreaker simulate SCENARIO`: write the journal of a storm, or of an innocent.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Write the mail log of a made-up storm, or of harmless mail.",
        discussion: """
            Without --output and --directory the log goes to standard output, in journald's export \
            form. --traffic writes the log of mail that really was, out of files of rows \
            unix_time,list,sender,message_id,in_reply_to,is_reply,date_lag_s. \
            How a scenario is written, with greylisting, slow list managers, role aliases, marked \
            robots, loops between lists and wrong clocks, is in listbreaker(1), SCENARIO FILES. \
            Exit status: 0 done, 1 not, 78 an error in the scenario's file.
            """
    )

    /// Whether header_checks logs headers in the simulated host.
    enum Headers: String, ExpressibleByArgument, CaseIterable {
        case on, off

        /// Takes `yes` and `no` too.
        init?(argument: String) {
            switch argument {
            case "on", "yes": self = .on
            case "off", "no": self = .off
            default: return nil
            }
        }
    }

    /// Makes journals of export text; systemd-journal-remote(8).
    static let converter = "/lib/systemd/systemd-journal-remote"

    @Argument(
        help: "The scenario's name, or the path of a file.",
        completion: Suggested.scenarios
    )
    var scenario: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Instead of a scenario, real traffic: plain or compressed files of rows.",
            valueName: "file"
        )
    )
    var traffic: [String] = []

    @OptionGroup var recorded: RecordedOptions

    @Flag(help: "Name the scenarios that are there.")
    var list = false

    @Option(help: "Another seed than the scenario's own: other chances, the same story.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "When it begins, instead of the scenario's own time.",
            valueName: "time"
        ),
        transform: TimeArgument.ahead
    )
    var start: Timestamp?

    @Option(help: "Whether the host logs headers: on or off.")
    var headers: Headers?

    @Option(help: ArgumentHelp("Write the export text to this file.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Make a journal in this directory.", valueName: "dir"))
    var directory: String?

    @Option(
        help: ArgumentHelp(
            "Where scenarios are, instead of /usr/share/listbreaker/seeds or ./seeds.",
            valueName: "dir"
        )
    )
    var seeds: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func validate() throws {
        let sources = [list, scenario != nil, !traffic.isEmpty].count { $0 }
        if sources > 1 {
            throw ValidationError("give a scenario, --traffic or --list, not several of them")
        }
        if list { return }
        if sources == 0 { throw ValidationError("which scenario? --list names them") }
        if traffic.isEmpty, recorded.isGiven {
            throw ValidationError("--shape, --members and --whole need --traffic")
        }
        if !traffic.isEmpty, seed != nil || start != nil {
            throw ValidationError("real traffic has its own times: no --seed, no --start")
        }
        if output != nil, directory != nil {
            throw ValidationError("give --output or --directory, not both")
        }
        if json, output == nil, directory == nil {
            throw ValidationError("--json needs --output or --directory")
        }
    }

    func run() throws {
        let files = ScenarioFiles(seeds: seeds)
        if list { return try printList(files.all()) }
        var (simulation, name) = try traffic.isEmpty ? planned(files) : real()
        var summary = SimulationSummary(simulation, name: name)
        if let directory {
            let stem = Self.stem(name)
            summary.entries = try writeJournal(&simulation, stem, in: directory)
            summary.journals = Self.journals(of: stem, in: directory)
            summary.journal = summary.journals?.last
        } else if let output {
            summary.output = output
            summary.entries = try writeText(&simulation, to: output)
        } else {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw Failure(
                    code: ControlCode.usage,
                    message: "standard output is a terminal; give --output or --directory"
                )
            }
            _ = try pour(&simulation, into: STDOUT_FILENO, "standard output")
            return
        }
        print(json ? try Wire.write(summary) : summary.text)
    }

    /// The scenario that is named.
    private func planned(_ files: ScenarioFiles) throws -> (Simulation, name: String) {
        let name = scenario ?? ""
        var scenario = try files.scenario(name)
        scenario.seed = seed ?? scenario.seed
        scenario.start = start ?? scenario.start
        scenario.hasHeaders = headers.map { $0 == .on } ?? scenario.hasHeaders
        return (Simulation(scenario), name)
    }

    /// The mail of the files of rows.
    private func real() throws -> (Simulation, name: String) {
        let (scenario, posts) = try recorded.read(traffic, hasHeaders: headers != .off)
        return (Simulation(scenario, posts: posts), Self.stem(traffic[0]))
    }

    private func printList(_ entries: [ScenarioFiles.Entry]) throws {
        if json {
            print(try Wire.write(ScenarioList(scenarios: entries)))
            return
        }
        var table = TextTable(columns: [.init(title: "SCENARIO"), .init(title: "WHAT IT IS")])
        table.rows = entries.map { [.init($0.name), .init(shown($0.title))] }
        print(table.text(.output(noColour: true)), terminator: "")
    }

    private func writeText(_ simulation: inout Simulation, to path: String) throws -> Int {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw TextFile.failure("write", path, errno) }
        defer { close(file) }
        return try pour(&simulation, into: file, path)
    }

    private func pour(
        _ simulation: inout Simulation,
        into file: Int32,
        _ name: String
    ) throws -> Int {
        var bytes: [UInt8] = []
        var entries = 0
        var isMore = true
        while isMore {
            bytes.removeAll(keepingCapacity: true)
            isMore = simulation.next(into: &bytes)
            entries += Self.entries(bytes)
            var written = 0
            while written < bytes.count {
                let count = unsafe bytes[written...].withUnsafeBytes { rest in
                    unsafe write(file, rest.baseAddress, rest.count)
                }
                guard count > 0 else { throw TextFile.failure("write", name, errno) }
                written += count
            }
        }
        return entries
    }

    private func writeJournal(
        _ simulation: inout Simulation,
        _ stem: String,
        in directory: String
    ) throws -> Int {
        let path = "\(directory)/\(stem).journal"
        guard unsafe mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            throw TextFile.failure("make", directory, errno)
        }
        guard unsafe access(path, F_OK) != 0 else { throw TextFile.failure("make", path, EEXIST) }
        var tool = Tool(Self.converter, ["-o", path, "-"])
        tool.deadline = .seconds(86400)
        guard tool.exists else {
            throw Failure(
                code: ControlCode.failed,
                message: "cannot make a journal: \(Self.converter) is missing; "
                    + "apt install systemd-journal-remote"
            )
        }
        var entries = 0
        var running = simulation
        defer { simulation = running }
        let outcome = try tool.run { bytes in
            let isMore = running.next(into: &bytes)
            entries += Self.entries(bytes)
            return isMore
        }
        guard outcome.status == 0 else {
            try TextFile.remove(path)
            throw Failure(
                code: ControlCode.failed,
                message: "cannot make '\(path)': \(outcome.complaint)"
            )
        }
        return entries
    }

    /// How many entries the export text holds: each ends in an empty line, and none has an empty
    /// line inside, since the simulator writes no binary fields.
    private static func entries(_ bytes: [UInt8]) -> Int {
        let newline = UInt8(ascii: "\n")
        return bytes.indices.dropFirst().count { bytes[$0] == newline && bytes[$0 - 1] == newline }
    }

    /// The last part of a path without its ending; a journal is named after it.
    private static func stem(_ name: String) -> String {
        let last = name.split(separator: "/").last.map(String.init) ?? name
        if last.hasSuffix(ScenarioFiles.ending) {
            return String(last.dropLast(ScenarioFiles.ending.count))
        }
        return last.split(separator: ".csv").first.map(String.init) ?? last
    }

    /// The files of the journal `stem`: systemd-journal-remote begins a new one when the first is
    /// full, and names those that are by what was in them; the last one keeps the name.
    private static func journals(of stem: String, in directory: String) -> [String] {
        let names = TextFile.names(in: directory) ?? []
        let full = names.filter { $0.hasPrefix("\(stem)@") && $0.hasSuffix(".journal") }
        return (full + ["\(stem).journal"]).map { "\(directory)/\($0)" }
    }
}

/// What `simulate --list --json` prints.
private struct ScenarioList: Encodable {
    var version = 1
    var scenarios: [ScenarioFiles.Entry]
}

/// What `simulate` says about the log that it made.
struct SimulationSummary: Encodable {
    var version = 1
    var scenario: String
    var title: String
    var seed: UInt64
    var start: String
    var headers: String
    /// Posts of the plan.
    var posts: Int
    var entries = 0
    var output: String?
    var journal: String?
    /// All files of the journal, `journal` among them.
    var journals: [String]?

    init(_ simulation: Simulation, name: String) {
        scenario = name
        title = simulation.scenario.title
        seed = simulation.scenario.seed
        start = simulation.scenario.start.rfc3339
        headers = simulation.scenario.hasHeaders ? "on" : "off"
        posts = simulation.posts.count
    }

    /// How replay is told of all files.
    private func fileOptions(_ journal: String) -> String {
        guard (journals?.count ?? 0) > 1 else { return "--file \(shellWord(journal))" }
        let stem = journal.hasSuffix(".journal") ? String(journal.dropLast(8)) : journal
        return "--file \(shellWord(journal)) \(shellWord(stem))@*.journal"
    }

    /// For people.
    var text: String {
        let lines = [
            "\(shown(title)): \(StateWords.count(Int64(posts))) posts, "
                + "\(StateWords.count(Int64(entries))) entries",
            output.map { "wrote \(shown($0))" },
            journal.map { "made \(shown($0)); try listbreaker replay \(fileOptions($0))" },
        ]
        return lines.compactMap { $0 }.joined(separator: "\n")
    }
}
