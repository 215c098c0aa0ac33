// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Reports

/// `listbreaker fleet`: the hosts of a fleet.
struct FleetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Set up a fleet, join it, and take a host out.",
        subcommands: [FleetInitCommand.self, FleetJoinCommand.self, FleetForgetCommand.self]
    )
}

/// `listbreaker fleet forget HOST`: what a host that is gone for good left open.
struct FleetForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Reset all that one host tripped, as it is gone for good.",
        discussion: """
            A trip stays open until a reset names it, also when its host is no more. Held mail of these \
            lists stays on hold on each host. A host that comes back is heard again: to shut it out, \
            put its certificate into mosquitto's crlfile.
            """
    )

    @Argument(help: "The host, by its name in the fleet.")
    var host: String

    @Option(help: ArgumentHelp("Why; it is kept with the reset.", valueName: "text"))
    var reason: String

    @OptionGroup var fleet: FleetOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        let said = try fleet.say(["forget", host, "--reason", reason])
        print(form.json ? try Wire.write(CommandResult(.done(said))) : said)
    }
}
