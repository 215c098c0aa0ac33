// SPDX-License-Identifier: Apache-2.0
//
// In whose name something is said to the whole fleet. The word goes out through listbreaker-fleetd, which
// alone speaks to brokers and comes in a package of its own; here it is a child process with fixed words.

internal import ArgumentParser
internal import Control
internal import Fleet
internal import FoundationEssentials
internal import Linux
internal import Words

/// The operator, and the settings of the fleet.
struct FleetOptions: ParsableArguments {
    private static let operators = "/etc/listbreaker/fleet/operators"
    /// Longest that a word to all brokers may take: three tries of 10 s for 192 trips, and what TLS takes.
    private static let patience = Duration.seconds(120)

    @Option(
        name: .customLong("operator"),
        help: ArgumentHelp(
            "In whose name the fleet is told; the one whose certificate is on this host.",
            valueName: "name"
        )
    )
    var operatorName: String?

    @Option(help: ArgumentHelp("The operator's certificate.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The key of the operator's certificate.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("The settings of the fleet.", valueName: "file"))
    var fleetSettings = FleetSettings.path

    /// Has listbreaker-fleetd say it; returns what it prints, throws ``Failure`` where no broker took it.
    func say(_ words: [String]) throws -> String {
        var words = words + ["--operator", try chosen(), "--fleet", fleetSettings]
        if let certificate { words += ["--certificate", certificate] }
        if let key { words += ["--key", key] }
        var tool = Tool(try Self.path(of: "listbreaker-fleetd"), words)
        tool.deadline = Self.patience
        let outcome = try tool.run()
        let said = shownLines(outcome.text)
        guard outcome.status == 0 else {
            let complaint = Self.plain(outcome.complaint)
            throw Failure(
                code: outcome.status,
                message: said.isEmpty ? complaint : "\(said)\n\(complaint)"
            )
        }
        return said
    }

    /// The operator who was named, or the only one whose certificate is here.
    private func chosen() throws -> String {
        if let operatorName { return operatorName }
        let files = TextFile.names(in: Self.operators) ?? []
        let names = files.filter { $0.hasSuffix(".pem") }.map { String($0.dropLast(4)) }.sorted()
        guard names.count == 1 else {
            throw Failure(
                code: ControlCode.usage,
                message: names.isEmpty
                    ? "no operator's certificate is in '\(Self.operators)': say --operator NAME, with "
                        + "--certificate and --key where they lie elsewhere"
                    : "say --operator: \(names.map(shown).joined(separator: ", "))"
            )
        }
        return names[0]
    }

    /// Where `program` is: beside this one, as it was built; else where the package puts it.
    ///
    /// Throws ``Failure`` where it is not installed.
    static func path(of program: String) throws -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let beside = (folder + [program[...]]).joined(separator: "/")
        let usual = "/usr/sbin/\(program)"
        for path in [beside, usual] where Tool(path, []).exists { return path }
        throw Failure(
            code: ControlCode.failed,
            message: "there is no \(usual): install the package listbreaker-fleet"
        )
    }

    /// Without the priority that journald reads, and the program's name.
    private static func plain(_ complaint: String) -> String {
        let mark = "listbreaker-fleetd: "
        guard complaint.hasPrefix("<"), let found = complaint.firstRange(of: mark) else {
            return complaint
        }
        return String(complaint[found.upperBound...])
    }
}
