// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `listbreaker setup`: changes to other programs that make listbreaker see more.
struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Show or make changes elsewhere that listbreaker profits from.",
        subcommands: [SetupPostfixCommand.self]
    )
}
