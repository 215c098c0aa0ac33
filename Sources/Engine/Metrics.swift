// SPDX-License-Identifier: Apache-2.0
//
// The status report as OpenMetrics text (openmetrics.io, prometheus.io naming). Labels are bounded:
// only lists in the report's first ones, never a poster; their number is an attack surface.

internal import Breaker
public import Reports
internal import Words

/// Writes metrics.
public enum Metrics {
    /// Lists that get series of their own.
    ///
    /// Chosen.
    public static let mostLists = 50

    /// OpenMetrics text of `report`, ending in `# EOF`.
    public static func text(of report: StatusReport) -> String {
        var text = ""
        family("build_info", "info", "Version that runs.", [("version=\"\(Version.text)\"", 1)])
        family(
            "armed",
            "gauge",
            "Whether a trip really halts mail.",
            [("", report.mode == .armed ? 1 : 0)]
        )
        family(
            "breaker_open",
            "gauge",
            "Whether the breaker is open (mail halted).",
            [("scope=\"queue\"", report.queue.state == .open ? 1 : 0)]
                + lists { $0.state == .open ? 1 : 0 }
        )
        family(
            "queue_halted",
            "gauge",
            "Whether outbound mail is halted or meant to be.",
            [("", report.queue.isHalted ? 1 : 0)]
        )
        family(
            "held_messages",
            "gauge",
            "Messages that listbreaker holds.",
            [("", Double(report.queue.held))]
        )
        family(
            "lists_watched",
            "gauge",
            "Lists tracked.",
            [("", Double(report.totalLists ?? Int64(report.lists.count)))]
        )
        family(
            "list_copies_announced_hour",
            "gauge",
            "Copies announced in the last hour.",
            lists { Double($0.windows.first { $0.seconds == 3600 }?.copiesAnnounced ?? 0) }
        )
        family(
            "list_replies_hour",
            "gauge",
            "Replies in the last hour.",
            lists { Double($0.windows.first { $0.seconds == 3600 }?.replies ?? 0) }
        )
        family(
            "log_entries",
            "counter",
            "Journal entries read.",
            [("", Double(report.journal.entries))]
        )
        family(
            "log_events",
            "counter",
            "Mail events understood.",
            [("", Double(report.journal.events))]
        )
        family(
            "log_not_understood",
            "counter",
            "Lines of a known program not understood.",
            [("", Double(report.journal.notUnderstood))]
        )
        family(
            "log_forged",
            "counter",
            "Forged lines, by kind; never believed.",
            report.journal.forged.sorted { $0.key < $1.key }.map {
                ("kind=\"\(labelValue($0.key))\"", Double($0.value))
            }
        )
        family(
            "log_believed_ratio",
            "gauge",
            "Part of the last mail lines of the mail server's own that is believed.",
            report.journal.believed.map { [("", $0)] } ?? []
        )
        family(
            "log_refused",
            "counter",
            "Lines not believed since the start, by what they came from.",
            (report.journal.refused ?? []).map { kind in
                let labels = [
                    ("reason", kind.reason), ("name", kind.name), ("unit", kind.unit ?? ""),
                    ("user", kind.user.map(String.init) ?? ""),
                ]
                let text = labels.map { "\($0)=\"\(labelValue($1))\"" }.joined(separator: ",")
                return (text, Double(kind.lines))
            }
        )
        family(
            "log_suppressed",
            "counter",
            "Lines that journald dropped.",
            [("", Double(report.journal.suppressed))]
        )
        family(
            "log_lag_seconds",
            "gauge",
            "How far behind the journal reading is.",
            report.journal.lagSeconds.map { [("", $0)] } ?? []
        )
        family(
            "blind",
            "gauge",
            "Whether the log is not seen.",
            [("", report.journal.blind == nil ? 0 : 1)]
        )
        family(
            "pages_waiting",
            "gauge",
            "Pages that wait for delivery.",
            [("", Double(report.paging.waiting))]
        )
        family(
            "pages_delivered",
            "counter",
            "Pages delivered.",
            [("", Double(report.paging.delivered))]
        )
        family("pages_failed", "counter", "Pages given up.", [("", Double(report.paging.failed))])
        return text + "# EOF\n"

        func family(
            _ name: String,
            _ type: String,
            _ help: String,
            _ samples: [(String, Double)]
        ) {
            // OpenMetrics: counters' samples end in _total, infos' in _info, families do not.
            let family = type == "info" ? String(name.dropLast(5)) : name
            let suffix = type == "counter" ? "_total" : type == "info" ? "_info" : ""
            text += "# TYPE listbreaker_\(family) \(type)\n# HELP listbreaker_\(family) \(help)\n"
            for (labels, value) in samples {
                let braces = labels.isEmpty ? "" : "{\(labels)}"
                text += "listbreaker_\(family)\(suffix)\(braces) \(number(value))\n"
            }
        }
        func lists(_ value: (ListStatus) -> Double) -> [(String, Double)] {
            report.lists.prefix(mostLists).map { ("list=\"\(labelValue($0.list))\"", value($0)) }
        }
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
