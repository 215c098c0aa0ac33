// SPDX-License-Identifier: Apache-2.0
//
// The `listbreaker` program: which verbs there are, and how it ends. Each verb has a file of its
// own. Results go to standard output, everything else to standard error; the exit status is part
// of the contract and listed in listbreaker(1).

internal import ArgumentParser
internal import Engine
internal import Glibc
internal import Words

/// The command line of listbreaker.
@main
struct ListbreakerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listbreaker",
        abstract: "Watch and command the circuit breaker for mailing lists.",
        discussion: """
            Without a verb: status. A breaker is closed while mail flows, open while mail is halted.
            Exit status: 0 done or closed, 1 failed, 3 a breaker is open, 4 cannot tell or the \
            daemon cannot be reached, 64 usage, 77 no permission, 78 configuration.
            """,
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "See",
                subcommands: [
                    StatusCommand.self, TopCommand.self, WebCommand.self, ListsCommand.self,
                    ExplainCommand.self, IncidentsCommand.self, ReportCommand.self,
                    MetricsCommand.self,
                ]
            ),
            CommandGroup(
                name: "Act",
                subcommands: [
                    TripCommand.self, ResetCommand.self, HeldCommand.self, AckCommand.self,
                    HoldOffCommand.self, ArmCommand.self, ObserveCommand.self, ExpectCommand.self,
                    KindCommand.self, LearnCommand.self, PageCommand.self, DrillCommand.self,
                ]
            ),
            CommandGroup(
                name: "Set up",
                subcommands: [
                    DoctorCommand.self, AuditCommand.self, SetupCommand.self, FleetCommand.self,
                    CheckConfigCommand.self,
                    ShowConfigCommand.self,
                ]
            ),
            CommandGroup(
                name: "Try out",
                subcommands: [ReplayCommand.self, SimulateCommand.self, ParseCommand.self]
            ),
            CommandGroup(name: "Other", subcommands: [VersionCommand.self]),
        ],
        defaultSubcommand: StatusCommand.self
    )

    /// The verb that `word` was probably meant to be; nil: none is near.
    static func verb(near word: String) -> String? {
        var verbs: [String] = []
        for group in configuration.groupedSubcommands {
            for verb in group.subcommands {
                if let name = verb.configuration.commandName { verbs.append(name) }
            }
        }
        return nearest(to: word, among: verbs)
    }

    static func main() {
        // A reader that goes away (`| head`) ends us without a word, as it ends other tools.
        _ = signal(SIGPIPE, SIG_DFL)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Console.complain(failure.message)
            Glibc.exit(failure.code)
        } catch {
            exit(withError: error)
        }
    }
}

/// Why a verb could not be carried out, and the exit status that says so.
struct Failure: Error, Equatable {
    /// Exit status, of `ControlCode`.
    var code: Int32
    /// What, why, and what to do; may have several lines.
    var message: String
}
