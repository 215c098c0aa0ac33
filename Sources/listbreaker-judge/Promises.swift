// SPDX-License-Identifier: Apache-2.0
//
// The scenarios of `seeds/`, played in memory with many seeds, with headers and without, with late
// Dates and without: each promise beside what was measured, as JSON lines that Tests/judge puts into
// a table.

import Settings
import StormSimulator
import Trials

enum Promises {
    /// Plays the scenarios that `words` name: `[--seeds N] [--from N] FILE...`.
    ///
    /// Gives false when one cannot be read or played; what is wrong with it is printed.
    static func run(_ words: [String]) -> Bool {
        var words = words[...]
        var (count, first) = (10, UInt64(0))
        var isWell = true
        while let word = words.popFirst() {
            switch word {
            case "--seeds": count = words.popFirst().flatMap { Int($0) } ?? count
            case "--from": first = words.popFirst().flatMap { UInt64($0) } ?? first
            default: isWell = play(word, count, first) && isWell
            }
        }
        return isWell
    }

    private static func play(_ path: String, _ count: Int, _ first: UInt64) -> Bool {
        guard let text = ScenarioText.read(path) else {
            return complain("cannot read '\(path)'")
        }
        let scenario: Scenario
        do throws(ScenarioError) {
            scenario = try Scenario(text: text, path: path)
        } catch {
            return complain(error.description)
        }
        let file = path.split(separator: "/").last ?? ""
        let name = String(file.split(separator: ".").first ?? file)
        let seeds = TrialTable.seeds(of: scenario, count: count, from: first)
        do throws(SettingsErrors) {
            for row in try TrialTable.rows(scenario, name: name, seeds: seeds) {
                show(row, scenario.group)
            }
        } catch {
            return complain("\(path): \(error)")
        }
        return true
    }

    private static func show(_ row: TrialRow, _ group: String) {
        var text =
            "{\"scenario\":\"\(row.scenario)\",\"group\":\"\(group)\","
            + "\"headers\":\"\(row.hasHeaders ? "on" : "off")\",\"must\":\"\(row.must)\""
        for (name, finding) in [("usual", row.usual), ("late", row.late)] {
            guard let finding else { continue }
            text +=
                ",\"\(name)\":\"\(finding.measured)\",\"\(name)_kept\":\(finding.isKept)"
        }
        print(text + "}")
    }

    private static func complain(_ text: String) -> Bool {
        print("{\"wrong\":\"\(text.map { $0 == "\"" ? "'" : String($0) }.joined())\"}")
        return false
    }
}
