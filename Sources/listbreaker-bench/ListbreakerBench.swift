// SPDX-License-Identifier: Apache-2.0
//
// The benchmark's three parts: replay of a whole journal, the parser by itself, and a flood. Each
// has its limits and exits 1 where one is not met. What a maintainer will get wrong: believing a
// figure from a machine that does something else at the time; the parts count processor time where
// they can.

internal import ArgumentParser

/// Measures what is claimed of listbreaker's speed and memory.
///
/// FIGURES
@main
struct ListbreakerBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listbreaker-bench",
        abstract: "Measure listbreaker's speed, allocations and memory.",
        subcommands: [ReplayBench.self, ParserBench.self, FloodBench.self],
        defaultSubcommand: ReplayBench.self
    )
}

/// Why the benchmark cannot be run.
struct BenchError: Error, CustomStringConvertible {
    /// In words.
    var text: String

    var description: String { text }
}
