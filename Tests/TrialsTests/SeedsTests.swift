// SPDX-License-Identifier: Apache-2.0
//
// The fast part of `make judge`: every scenario of seeds/ with its own seed, with headers and
// without, and some with late Dates. What is promised must be so, except what
// Tests/Golden/judge/missed.txt names; and what is named there must be missed, so that the list
// stays true. Whoever mends a rule strikes out the lines that this test tells him.

import StormSimulator
import Testing
import Trials

struct SeedTrialsTests {
    /// Scenarios whose first mails are also tried late; all of them are in `make judge`.
    private static let triedLate: Set<String> = ["softmap-weekend", "weekend-mailman", "wedding"]

    /// Those of more posts are left to `make judge`.
    private static let mostPosts = 3000
    private static let names = SeedFiles.names.filter { name in
        let scenario = try? SeedFiles.scenario(name)
        return scenario.map { Simulation($0).posts.count <= mostPosts } ?? true
    }

    @Test(arguments: names)
    func `a scenario keeps its promises, or the list of missed ones names them`(
        name: String
    ) throws {
        let scenario = try SeedFiles.scenario(name)
        let views = TrialView.allCases.filter { view in
            !view.isLate || Self.triedLate.contains(name)
        }
        let seeds = TrialTable.seeds(of: scenario, count: 1)
        let rows = try TrialTable.rows(scenario, name: name, seeds: seeds, views: views)
        #expect(!rows.isEmpty)
        let found = rows.flatMap(\.missed)
        let listed = SeedFiles.missed.filter { $0.hasPrefix("\(name), ") }
        for line in found where !listed.contains(line) {
            let seen = rows.filter { $0.missed.contains(line) }
                .flatMap { [$0.usual?.measured, $0.late?.measured] }.compactMap { $0 }
            Issue.record("missed, and not in missed.txt: \(line); measured \(seen)")
        }
        for line in listed where !found.contains(line) {
            Issue.record("kept now; strike it out of missed.txt: \(line)")
        }
    }

    @Test func `the list of missed promises names scenarios that are there, each line once`() {
        #expect(Set(SeedFiles.missed).count == SeedFiles.missed.count)
        for line in SeedFiles.missed {
            let name = line.split(separator: ",").first.map(String.init) ?? ""
            #expect(SeedFiles.names.contains(name), "\(line)")
        }
    }
}
