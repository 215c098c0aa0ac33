// SPDX-License-Identifier: Apache-2.0
//
// What `top` shows on screens of several sizes. The terminal itself was looked at by hand.

import Breaker
import Control
import FoundationEssentials
import Reports
import Testing

@testable import listbreaker

private func screen(_ report: StatusReport, width: Int = 80, lines: Int = 24) -> TopScreen {
    TopScreen(report: report, console: Console(width: width), lines: lines)
}

@Suite struct `One screen of top` {
    @Test(arguments: [(80, 24), (120, 40), (60, 12), (40, 6)])
    func `fits the terminal, whatever is open`(width: Int, lines: Int) {
        for report in [StatusReport.quiet, .storm, .trouble, .doubtful] {
            let text = screen(report, width: width, lines: lines).text
            #expect(text.count == lines)
            #expect(text.last?.hasPrefix("q quit") == true)
            if lines >= 24 {
                #expect(text.first?.lowercased().contains("mail") == true)
                #expect(report.lists.isEmpty || text.contains { $0.contains("NEAREST RULE") })
            }
        }
    }

    @Test func `what does not fit is named by its number of lines`() {
        let text = screen(.trouble, lines: 12).text
        #expect(text.contains { $0.contains("more lines: listbreaker status") }, "\(text)")
    }

    @Test func `the list nearest to a trip stands first, open ones before it`() {
        var report = StatusReport.storm
        var near = report.lists[1]
        near.list = "near@example.org"
        near.nearest = "ceiling 9 of 10"
        report.lists = [report.lists[1], near, report.lists[0]]
        let screen = screen(report)
        #expect(
            screen.nearest.map(\.list)
                == ["annonce@example.org", "near@example.org", "talk@example.org"]
        )
        #expect(screen.chosen?.list == "annonce@example.org")
        var second = screen
        second.selected = 1
        #expect(second.chosen?.list == "near@example.org")
        #expect(second.text.contains { $0.hasPrefix(">near@example.org") })
        second.selected = 99
        #expect(second.chosen?.list == "talk@example.org")
    }

    @Test func `a curve grows with each look, and lists that left are forgotten`() {
        var screen = screen(.storm, width: 120)
        screen.curve = Sparkline(hasBlocks: false)
        for _ in 0..<300 { screen.note() }
        #expect(screen.history.count == 2)
        #expect(screen.history.values.allSatisfy { $0.count == 120 })
        screen.report.lists.removeLast()
        screen.note()
        #expect(screen.history.count == 1)
    }

    @Test func `once prints one, without a terminal`() async throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = String(decoding: try encoder.encode(StatusReport.storm), as: UTF8.self)
        try await withDaemon({ _, _ in .done("", body: body) }) { path in
            let outcome = try await run(["top", "--once", "--socket", path])
            #expect(outcome.code == 0)
            #expect(outcome.output.contains(">annonce@example.org"))
            #expect(!outcome.output.contains("\u{1B}"))
            let live = try await run(["top", "--socket", path])
            #expect(live.code == 64 && live.errors.contains("top needs a terminal"))
        }
    }
}
