// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker metrics`: for node_exporter's textfile collector, or a scraper's exec.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print metrics for Prometheus."
    )

    @Flag(
        name: .customLong("openmetrics"),
        help: "As OpenMetrics; node_exporter's textfile collector refuses that form."
    )
    var isOpenMetrics = false

    @Option(
        help: ArgumentHelp(
            "Write them into this file, whole, for node_exporter's textfile collector; "
                + "listbreaker_up 0 alone when the daemon does not answer.",
            valueName: "file"
        )
    )
    var output: String?

    @OptionGroup var control: ControlOptions

    func run() throws {
        var request = ControlRequest(.metrics)
        request.isOpenMetrics = isOpenMetrics
        guard let output else {
            print(try control.ask(request).message, terminator: "")
            return
        }
        do {
            try write(control.ask(request).message, up: 1, to: output)
        } catch let failure as Failure where failure.code == ControlCode.unknown {
            try write("", up: 0, to: output)
            throw failure
        }
    }

    /// Replaces `file` by `metrics` and whether the daemon answered: what is old is not taken for new.
    private func write(_ metrics: String, up: Int, to file: String) throws {
        let end = "# EOF\n"
        let body = metrics.hasSuffix(end) ? String(metrics.dropLast(end.count)) : metrics
        let text =
            body + "# HELP listbreaker_up Whether the daemon answers.\n"
            + "# TYPE listbreaker_up gauge\nlistbreaker_up \(up)\n" + (isOpenMetrics ? end : "")
        try TextFile.put(text, into: file)
    }
}
