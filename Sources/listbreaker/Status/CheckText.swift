// SPDX-License-Identifier: Apache-2.0
//
// The status as a plugin of Nagios, Icinga or Checkmk says it (Monitoring Plugins Development
// Guidelines): one line, figures behind a bar, and the plugin's own exit codes. The mistake to avoid:
// our codes; 3 means open in `status`, and UNKNOWN there.

internal import Breaker
internal import Reports
internal import StormDetection
internal import Words

/// The verdict of a plugin.
struct CheckText: Equatable {
    /// Exit codes of a plugin.
    enum Code: Int32 {
        case ok = 0
        case warning = 1
        case critical = 2
        case unknown = 3

        var word: String {
            switch self {
            case .ok: "OK"
            case .warning: "WARNING"
            case .critical: "CRITICAL"
            case .unknown: "UNKNOWN"
            }
        }
    }

    let code: Code
    /// One line, without a line feed at its end.
    let line: String

    /// What `report` says, of one list where it has one only.
    init(_ report: StatusReport) {
        let open = report.incidents.filter { $0.state == .open }
        let soft = report.lists.count { $0.softHold != nil }
        var troubles: [(Code, String)] = []
        if let blind = report.journal.blind { troubles.append((.critical, "blind: \(blind)")) }
        if report.queue.isHalted { troubles.append((.critical, "outbound mail is halted")) }
        for incident in open.prefix(3) {
            troubles.append(
                (.critical, "\(incident.scope.name) is open (incident \(incident.number))")
            )
        }
        if open.count > 3 { troubles.append((.critical, "\(open.count - 3) more are open")) }
        if !report.doubts.isEmpty {
            troubles.append((.critical, "\(report.doubts.count.counting("doubt")) to be answered"))
        }
        if soft > 0 { troubles.append((.warning, "\(soft.counting("list")) near a trip")) }
        if report.paging.waiting > 0 {
            troubles.append((.warning, "\(report.paging.waiting.counting("page")) not delivered"))
        }
        if let change = report.paging.changedSecrets { troubles.append((.warning, change)) }
        if report.mode == .observe { troubles.append((.ok, "observe mode: nothing is halted")) }
        code = troubles.map(\.0).max { $0.rawValue < $1.rawValue } ?? .ok
        let words = troubles.sorted { $0.0.rawValue > $1.0.rawValue }.map(\.1)
        let text = words.isEmpty ? "closed (mail flows)" : words.joined(separator: "; ")
        line = Self.line(code, text, Self.figures(report, open.count, soft))
    }

    /// UNKNOWN: there is no report, and why.
    init(failure: String) {
        code = .unknown
        line = Self.line(.unknown, failure, [])
    }

    /// A bar would begin the figures, a line feed a second part.
    private static func line(_ code: Code, _ text: String, _ figures: [String]) -> String {
        let words = text.oneLine(limit: 1024).replacing("|", with: "/")
        let tail = figures.isEmpty ? "" : " | " + figures.joined(separator: " ")
        return "LISTBREAKER \(code.word) - \(words)\(tail)"
    }

    private static func figures(_ report: StatusReport, _ open: Int, _ soft: Int) -> [String] {
        var figures = [
            "open=\(open);;0;0", "held=\(report.queue.held);;;0",
            "doubts=\(report.doubts.count);;0;0", "soft_holds=\(soft);0;;0",
            "lists=\(report.totalLists ?? Int64(report.lists.count));;;0",
            "pages_waiting=\(report.paging.waiting);0;;0",
        ]
        if let lag = report.journal.lagSeconds, lag.isFinite {
            figures.append("lag=\((lag * 1000).rounded() / 1000)s;;;0")
        }
        return figures
    }
}
