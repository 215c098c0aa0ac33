// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker metrics`: OpenMetrics text, for a textfile collector or a scraper's exec.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print metrics as OpenMetrics text."
    )

    @OptionGroup var control: ControlOptions

    func run() throws {
        let text = try control.ask(ControlRequest(.metrics)).message
        print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
    }
}
