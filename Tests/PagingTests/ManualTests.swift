// SPDX-License-Identifier: Apache-2.0
//
// listbreaker-alerts(7) against what scripts really get.

import Breaker
import EventTime
import Foundation
import Settings
import Testing

@testable import Paging

@Suite struct ManualTests {
    private func manual() throws -> String {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "docs/man/listbreaker-alerts.7")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test func `the manual says for each event what to do`() throws {
        let manual = try manual()
        for kind in Alert.Kind.allCases {
            #expect(manual.contains("\n.Ss \(kind.rawValue)\n"), "\(kind.rawValue)")
        }
    }

    @Test func `the manual names each variable, and none that is not there`() throws {
        let run = Run(
            target: AlertTarget(name: "a", script: "/a"),
            members: [
                Run.Member(key: "k", serial: 1, paged: at(0), first: trip(1), alert: trip(1))
            ],
            isFiring: true,
            dedupKey: "k",
            attempt: 1
        )
        let payload = Payload(run: run, host: "h", now: at(0))
        let variables = Environment(run: run, payload: payload, credentials: "/c").variables.keys
        let words = try manual().split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == "_") }
            .map(String.init)
        let named = Set(words.filter { $0.hasPrefix("LISTBREAKER_") })
        let given = Set(variables.filter { !$0.hasPrefix("LISTBREAKER_FIGURE_") })
        #expect(given.subtracting(words) == [])
        #expect(
            named.subtracting(given) == [
                "LISTBREAKER_FIGURE_", "LISTBREAKER_FIGURE_COPIES_ANNOUNCED",
            ]
        )
    }
}
