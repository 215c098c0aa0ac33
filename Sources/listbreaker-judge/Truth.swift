// SPDX-License-Identifier: Apache-2.0
//
// What a scenario of `seeds/` promises, and which of its posts are the storm's: what the verdicts on
// its journal are held against.

import EventTime
import StormSimulator

enum Truth {
    /// Prints the promises of the scenario in `path` and its storm posts, as JSON lines.
    ///
    /// Gives false when it cannot be read.
    static func show(_ path: String, hasHeaders: Bool) -> Bool {
        guard let text = ScenarioText.read(path) else { return false }
        do throws(ScenarioError) {
            var scenario = try Scenario(text: text, path: path)
            scenario.hasHeaders = hasHeaders
            let promises =
                hasHeaders || scenario.expectationsWithoutHeaders.isEmpty
                ? scenario.expectations : scenario.expectationsWithoutHeaders
            for promise in promises where promise.kind == .trip || promise.kind == .noTrip {
                let rules = promise.rules.map { "\"\($0)\"" }.joined(separator: ",")
                print(
                    "{\"type\":\"promise\",\"list\":\(promise.list.map { "\"\($0)\"" } ?? "null"),"
                        + "\"trip\":\(promise.isTrip),\"within\":"
                        + "\(promise.latestReply.map(String.init) ?? "null"),\"rules\":[\(rules)]}"
                )
            }
            for post in Simulation(scenario).posts where post.isStorm {
                let list = post.list.map { scenario.lists[$0].address } ?? ""
                print(
                    "{\"type\":\"storm\",\"list\":\"\(list)\",\"time\":\"\(post.time.rfc3339)\"}"
                )
            }
            return true
        } catch {
            print(error.description)
            return false
        }
    }
}
