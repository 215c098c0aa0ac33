// SPDX-License-Identifier: Apache-2.0
//
// The status report as metrics (prometheus.io, "Metric and label naming"). Labels are bounded: only
// lists in the report's first ones, never a poster; their number is an attack surface.

internal import Breaker
internal import EventTime
public import Reports
internal import Words

/// Writes metrics.
public enum Metrics {
    /// How they are written.
    public enum Form: Sendable {
        /// Prometheus' own text, version 0.0.4.
        case prometheus
        /// OpenMetrics 1.0, ending in `# EOF`.
        case openMetrics
    }

    /// Lists that get series of their own.
    ///
    /// Chosen.
    public static let mostLists = 50

    /// `report` as text in `form`; with `fleet` where this host is in one.
    public static func text(
        of report: StatusReport,
        fleet: FleetStatus? = nil,
        form: Form = .prometheus
    ) -> String {
        var text = ""
        for family in breakers(report) + delays(report) + lists(report) + log(report)
            + pages(report) + (fleet.map(Self.fleet) ?? [])
        {
            family.write(as: form, to: &text)
        }
        return form == .openMetrics ? text + "# EOF\n" : text
    }

    private static func breakers(_ report: StatusReport) -> [MetricFamily] {
        [
            MetricFamily(
                "build",
                .info,
                "Version that runs.",
                [("version=\"\(labelValue(Version.text))\"", 1)]
            ),
            MetricFamily("armed", .gauge, "Whether a trip really halts mail.", report.isArmed),
            MetricFamily(
                "breaker_open",
                .gauge,
                "Whether the breaker is open; mail is halted only where armed.",
                [("scope=\"queue\"", report.queue.state == .open ? 1 : 0)]
            ),
            MetricFamily(
                "queue_halted",
                .gauge,
                "Whether outbound mail is halted or meant to be.",
                report.queue.isHalted ? 1 : 0
            ),
            MetricFamily(
                "held_messages",
                .gauge,
                "Messages that listbreaker holds.",
                Double(report.queue.held)
            ),
            MetricFamily(
                "incidents_unfinished",
                .gauge,
                "Incidents by state; half_open ones were reset and are watched closely.",
                [("open", .open), ("half_open", .halfOpen)].map { label, state in
                    let count = report.incidents.count { $0.state == .known(state) }
                    return ("state=\"\(label)\"", Double(count))
                }
            ),
            MetricFamily(
                "incidents_unacknowledged",
                .gauge,
                "Open incidents that nobody has taken over.",
                Double(
                    report.incidents.count { $0.state == .open && $0.acknowledged == nil }
                )
            ),
            MetricFamily(
                "incidents",
                .counter,
                "Incidents since the state was made; each is a trip.",
                report.totalIncidents.map { [("", Double($0))] } ?? []
            ),
            MetricFamily(
                "leaked_copies",
                .gauge,
                "Deliveries that began after the halt, of unfinished incidents.",
                Double(report.incidents.reduce(0) { $0 + $1.leaked })
            ),
            MetricFamily(
                "doubts",
                .gauge,
                "Doubtful verdicts that wait for an answer.",
                Double(report.doubts.count)
            ),
            MetricFamily(
                "hold_offs",
                .gauge,
                "Lists that a person lets go on.",
                Double(report.holdOffs.count)
            ),
        ]
    }

    private static func delays(_ report: StatusReport) -> [MetricFamily] {
        guard let delays = report.delays else { return [] }
        return [
            MetricFamily(
                "decision_seconds",
                "From the decisive log line's stamp, or a person's command, to the order to halt.",
                delays.decision
            ),
            MetricFamily(
                "halt_seconds",
                "From that order to the halt, or the list's stop, that was done.",
                delays.halt
            ),
        ]
    }

    private static func lists(_ report: StatusReport) -> [MetricFamily] {
        func lists(_ value: (ListStatus) -> Double?) -> [MetricFamily.Sample] {
            report.lists.prefix(mostLists).compactMap { list in
                value(list).map { ("list=\"\(labelValue(list.list))\"", $0) }
            }
        }
        func hour(_ list: ListStatus) -> WindowStatus? {
            list.windows.first { $0.seconds == 3600 }
        }
        return [
            MetricFamily(
                "lists_watched",
                .gauge,
                "Lists tracked.",
                Double(report.totalLists ?? Int64(report.lists.count))
            ),
            MetricFamily(
                "list_breaker_open",
                .gauge,
                "Whether the list's breaker is open; its mail is halted only where armed.",
                lists { $0.state == .open ? 1 : 0 }
            ),
            MetricFamily(
                "list_breaker_half_open",
                .gauge,
                "Whether the list's breaker was reset and is watched closely.",
                lists { $0.state == .halfOpen ? 1 : 0 }
            ),
            MetricFamily(
                "list_soft_hold",
                .gauge,
                "Whether new copies of the list go on hold because it is near a trip.",
                lists { $0.softHold == nil ? 0 : 1 }
            ),
            MetricFamily(
                "list_copies_announced_hour",
                .gauge,
                "Copies announced in the last hour.",
                lists { Double(hour($0)?.copiesAnnounced ?? 0) }
            ),
            MetricFamily(
                "list_copies_sent_hour",
                .gauge,
                "Copies sent in the last hour.",
                lists { Double(hour($0)?.copiesSent ?? 0) }
            ),
            MetricFamily(
                "list_replies_hour",
                .gauge,
                "Replies in the last hour.",
                lists { Double(hour($0)?.replies ?? 0) }
            ),
            MetricFamily(
                "list_reproduction_number",
                .gauge,
                "Posts that one post of the list brings about; from 1 on it grows by itself.",
                lists(\.reproduction)
            ),
            MetricFamily(
                "list_storm_probability_ratio",
                .gauge,
                "How likely it is that the list is a storm, 0 to 1.",
                lists(\.probability)
            ),
            MetricFamily(
                "list_posts_day",
                .gauge,
                "Posts that each member got within 24 hours.",
                lists { Double($0.burden?.day ?? 0) }
            ),
            MetricFamily(
                "list_posts_busiest_day",
                .gauge,
                "The most of 24 hours that the list ever had without a trip.",
                lists { Double($0.burden?.busiestDay ?? 0) }
            ),
        ]
    }

    private static func log(_ report: StatusReport) -> [MetricFamily] {
        let log = report.journal
        return [
            MetricFamily("log_entries", .counter, "Journal entries read.", Double(log.entries)),
            MetricFamily("log_events", .counter, "Mail events understood.", Double(log.events)),
            MetricFamily(
                "log_not_understood",
                .counter,
                "Lines of a known program not understood.",
                Double(log.notUnderstood)
            ),
            MetricFamily(
                "log_forged",
                .counter,
                "Forged lines, by kind; never believed.",
                log.forged.sorted { $0.key < $1.key }.map {
                    ("kind=\"\(labelValue($0.key))\"", Double($0.value))
                }
            ),
            MetricFamily(
                "log_believed_ratio",
                .gauge,
                "Part of the last mail lines of the mail server's own that is believed.",
                log.believed.map { [("", $0)] } ?? []
            ),
            MetricFamily(
                "log_refused",
                .counter,
                "Lines not believed since the start, by what they came from.",
                (log.refused ?? []).map { kind in
                    let labels = [
                        ("reason", kind.reason), ("name", kind.name), ("unit", kind.unit ?? ""),
                        ("user", kind.user.map(String.init) ?? ""),
                    ]
                    let text = labels.map { "\($0)=\"\(labelValue($1))\"" }.joined(separator: ",")
                    return (text, Double(kind.lines))
                }
            ),
            MetricFamily(
                "log_missing_deliveries",
                .counter,
                "Deliveries announced since the start of which no line came.",
                log.missing.map { [("", Double($0))] } ?? []
            ),
            MetricFamily(
                "log_suppressed",
                .counter,
                "Lines that journald dropped.",
                Double(log.suppressed)
            ),
            MetricFamily(
                "log_gaps",
                .counter,
                "Gaps met: lost cursors, reopened journals, damaged files.",
                Double(log.gaps)
            ),
            MetricFamily(
                "log_lag_seconds",
                .gauge,
                "How far behind the journal reading is.",
                log.lagSeconds.map { [("", $0)] } ?? []
            ),
            MetricFamily(
                "log_last_event_timestamp_seconds",
                .gauge,
                "When the last mail event was, in seconds since 1970.",
                log.lastEvent.flatMap(Timestamp.init(rfc3339:)).map {
                    [("", Double($0.microseconds) / 1e6)]
                } ?? []
            ),
            MetricFamily("blind", .gauge, "Whether the log is not seen.", log.blind == nil ? 0 : 1),
        ]
    }

    private static func pages(_ report: StatusReport) -> [MetricFamily] {
        let paging = report.paging
        return [
            MetricFamily(
                "pages_waiting",
                .gauge,
                "Pages that wait for delivery.",
                Double(paging.waiting)
            ),
            MetricFamily(
                "pages_delivered",
                .counter,
                "Pages delivered.",
                Double(paging.delivered)
            ),
            MetricFamily("pages_failed", .counter, "Pages given up.", Double(paging.failed)),
        ]
    }
}

extension StatusReport {
    fileprivate var isArmed: Double { mode == .armed ? 1 : 0 }
}
