// SPDX-License-Identifier: Apache-2.0
//
// The benchmark's parts: replay of a whole journal, the parser by itself, detection by itself, a flood,
// a snapshot, what people ask, a judge of a large fleet, and work for a profiler to count. Each but the last
// has its limits and exits 1 where one is not met. What a maintainer will get wrong: believing a figure from a machine that
// does something else at the time; the parts count processor time where they can.

internal import ArgumentParser

/// Measures what is claimed of listbreaker's speed and memory.
///
/// Measured on two shared cores, Debian 12, by processor time: the parser alone reads 4.3 million
/// lines a second with no allocation (2 million lines); the engine 1.4 million with 0.51 allocations
/// a line; the loop in C 1.0 million. Ten million invented lists:
/// 69.2 MiB after two million, 70.0 at the end, 20 of 20 real lists kept with right counts, each
/// of them posting once in 5,000 inventions. Half the inventions fan out; a real list that posts
/// less than once in 10,000 of those is forgotten (`--gap 40000`: all 20).
@main
struct ListbreakerBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listbreaker-bench",
        abstract: "Measure listbreaker's speed, allocations and memory.",
        subcommands: [
            ReplayBench.self, ParserBench.self, DetectionBench.self, FloodBench.self,
            SnapshotBench.self, StatusBench.self, WorkBench.self,
            FleetBench.self,
        ],
        defaultSubcommand: ReplayBench.self
    )
}

/// Why the benchmark cannot be run.
struct BenchError: Error, CustomStringConvertible {
    /// In words.
    var text: String

    var description: String { text }
}
