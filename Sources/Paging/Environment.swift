// SPDX-License-Identifier: Apache-2.0
//
// What a script finds in its environment. Everything from a log is a stranger's: one line, no
// control characters, at most 1 KiB; and for scripts that write JSON each text is there a second
// time, quoted, so that no script has to escape anything. The mistake to avoid: a variable whose
// name comes from the log.

import Breaker
import EventTime
import Settings
internal import Words

/// The environment of one run.
struct Environment {
    let run: Run
    let payload: Payload
    /// Passed on as `CREDENTIALS_DIRECTORY`; nil when there is none.
    let credentials: String?

    /// All that a script can rely on.
    static let path = "/usr/sbin:/usr/bin:/sbin:/bin"
    /// Most bytes of one plain value.
    static let valueBytes = 1024
    /// Most figures that become variables.
    static let mostFigures = 32
    /// Most lines of ``text``: a table for a screen.
    static let textLines = 30

    private var alert: Alert { run.members[0].alert }

    /// All variables; nothing is inherited.
    var variables: [String: String] {
        var all = [
            "PATH": Self.path,
            "LC_ALL": "C.UTF-8",
            "LISTBREAKER_STATUS": payload.status,
            "LISTBREAKER_ATTEMPT": "\(run.attempt)",
            "LISTBREAKER_MESSAGE_ID": run.messageID,
            "LISTBREAKER_COUNT": "\(run.count)",
            "LISTBREAKER_MODE": alert.isObserve ? "observe" : "armed",
            "LISTBREAKER_INCIDENT": run.count == 1 ? alert.incident.map { "\($0)" } ?? "" : "",
            "LISTBREAKER_SEVERITY": alert.severity.rawValue,
            "LISTBREAKER_STARTED": run.members[0].first.started.rfc3339,
            "LISTBREAKER_ENDED": run.isFiring ? "" : (alert.ended ?? payload.now).rfc3339,
        ]
        if let credentials { all["CREDENTIALS_DIRECTORY"] = credentials }
        for (name, text) in texts {
            all["LISTBREAKER_\(name)"] = text.oneLine(limit: Self.valueBytes)
            all["LISTBREAKER_\(name)_JSON"] =
                JSONText.quoted(text.oneLine(limit: Self.valueBytes))
        }
        for (name, figure) in alert.figures.sorted(by: { $0.key < $1.key })
            .prefix(Self.mostFigures)
        {
            all["LISTBREAKER_FIGURE_" + Payload.labelName(name).uppercased()] =
                figure.oneLine(limit: Self.valueBytes)
        }
        all["LISTBREAKER_TEXT_JSON"] = JSONText.quoted(text)
        all["LISTBREAKER_FIGURES_JSON"] = figures
        all["LISTBREAKER_ALERTS_JSON"] = payload.alerts
        return all
    }

    private var texts: [(String, String)] {
        [
            ("EVENT", run.event),
            ("LIST", run.count == 1 ? alert.list ?? "" : ""),
            ("SUMMARY", summary),
            ("ADVICE", alert.advice),
            ("HOST", payload.host),
            ("TARGET", run.target.name),
            ("DEDUP_KEY", payload.dedupKey),
            ("RUNBOOK", Payload.runbook(alert.kind)),
            ("RUNBOOK_URL", payload.link(alert.kind) ?? ""),
            ("BEGAN", payload.began(run.members[0])),
        ]
    }

    /// One sentence for the whole run.
    var summary: String {
        guard run.count > 1 else { return alert.summary }
        let verb = run.isFiring ? "pages at once" : "pages resolved"
        return "\(run.count) \(verb), the first: \(alert.summary)"
    }

    /// What a chat shows: several lines, with a table when it is about many.
    var text: String {
        func line(_ text: String) -> String { text.oneLine(limit: Self.valueBytes) }
        let mark = run.isFiring ? "[\(alert.severity.rawValue)]" : "[resolved]"
        var lines = ["\(mark) \(line(payload.host)): \(line(summary))"]
        if run.count > 1 {
            for member in run.members.prefix(Self.textLines) {
                lines.append("- " + member.alert.summary.oneLine(limit: 200))
            }
            let more = run.count - min(run.members.count, Self.textLines)
            if more > 0 { lines.append("- and \(more) more") }
        }
        lines.append("Since \(payload.began(run.members[0])).")
        lines.append(line(alert.advice))
        if let link = payload.link(alert.kind) { lines.append(link) }
        return lines.joined(separator: "\n")
    }

    private var figures: String {
        let figures = alert.figures.sorted { $0.key < $1.key }.prefix(Self.mostFigures)
        return JSONText.object(
            figures.map {
                (Payload.labelName($0.key), .string($0.value.oneLine(limit: Self.valueBytes)))
            }
        ).text
    }
}
