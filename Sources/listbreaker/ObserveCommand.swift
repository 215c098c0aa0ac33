// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker observe`: decide and page the same, but touch no queue.
struct ObserveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe",
        abstract: "Decide and page, but halt nothing from now on.",
        discussion: "What is halted already stays halted until it is reset."
    )

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        try control.command(ControlRequest(.observe), form)
    }
}
