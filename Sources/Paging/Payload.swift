// SPDX-License-Identifier: Apache-2.0
//
// A run as JSON in the shape of Alertmanager's webhook version 4, which hundreds of receivers
// read (prometheus.io, "Configuration", webhook_config). Ours stands under annotations. The mistake
// to avoid: a label that changes between an alert and its end; receivers know an alert by its
// labels alone.

import Breaker
import EventTime
internal import Linux
import Settings
internal import Words

/// Renders a run for standard input, and for Alertmanager's own interface.
struct Payload {
    let run: Run
    /// The host's name.
    let host: String
    /// The present time: an alert that lasts is declared to last for ``lasting`` from here.
    let now: Timestamp
    /// What stands before the event's name in the address of its runbook; empty: there is none.
    var runbookURL = ""
    /// A time as the clock on this host's wall shows it, with its zone.
    var wall: (Timestamp) -> String = WallClock.utc

    /// How long Alertmanager believes in an alert that nobody renews.
    ///
    /// Chosen: longer than any interval of reminders, or it would call an open breaker resolved.
    static let lasting = TimeSpan.days(31)
    /// How long Alertmanager shows what is said once and ended by nothing, such as `late`.
    ///
    /// Chosen: three of its default group_interval of 5 min, so that it is notified for certain, and
    /// ends long before its default repeat_interval of 4 h.
    static let lastingOnce = TimeSpan.minutes(15)
    /// Most bytes of ``alerts``: it travels in the environment, where one variable has room for
    /// 128 KiB (execve(2), MAX_ARG_STRLEN).
    static let alertsBytes = 96 * 1024

    /// The whole message; webhook version 4.
    var message: String {
        let labels = run.members.map { self.labels($0) }
        let annotations = run.members.map { self.annotations($0) }
        return JSONText.object([
            ("version", .string("4")),
            ("groupKey", .string("{}:{key=\(JSONText.quoted(dedupKey))}")),
            ("truncatedAlerts", .number(Int64(run.truncated.count))),
            ("status", .string(status)),
            ("receiver", .string(run.target.name)),
            ("groupLabels", .sorted(["key": dedupKey])),
            ("commonLabels", .sorted(Self.common(labels))),
            ("commonAnnotations", .sorted(Self.common(annotations))),
            ("externalURL", .string("")),
            ("alerts", .list(run.members.map { alert($0, isOpenEnded: true) })),
        ]).text
    }

    /// The key under which the receiver knows the whole.
    var dedupKey: String { OutwardKey.text(run.dedupKey, host: host) }

    /// `firing` or `resolved`, for the whole.
    var status: String { run.isFiring ? "firing" : "resolved" }

    /// The alerts as Alertmanager's own interface takes them; `POST /api/v2/alerts`.
    var alerts: String {
        var parts: [String] = []
        var bytes = 2
        for member in run.members {
            let text = alert(member, isOpenEnded: false).text
            bytes += text.utf8.count + 1
            guard bytes <= Self.alertsBytes else { break }
            parts.append(text)
        }
        return "[" + parts.joined(separator: ",") + "]"
    }

    private func alert(_ member: Run.Member, isOpenEnded: Bool) -> JSONText {
        let labels = labels(member)
        let isOver = member.alert.isResolved
        let end =
            isOver
            ? (member.alert.ended ?? now).rfc3339
            : isOpenEnded ? "0001-01-01T00:00:00Z" : (now + Self.span(member)).rfc3339
        let fields: [(String, JSONText)] = [
            ("labels", .sorted(labels)),
            ("annotations", .sorted(annotations(member))),
            ("startsAt", .string(member.first.started.rfc3339)),
            ("endsAt", .string(end)),
            ("generatorURL", .string("")),
        ]
        guard isOpenEnded else { return .object(fields) }
        return .object(
            [("status", .string(isOver ? "resolved" : "firing"))] + fields
                + [("fingerprint", .string(Self.fingerprint(labels)))]
        )
    }

    private static func span(_ member: Run.Member) -> TimeSpan {
        member.first.kind.isLasting ? lasting : lastingOnce
    }

    /// What the alert is known by, from its first form only.
    private func labels(_ member: Run.Member) -> [String: String] {
        let first = member.first
        var labels = [
            "alertname": "Listbreaker" + Self.camelCase(first.kind.rawValue),
            "host": host,
            "key": OutwardKey.text(first.dedupKey, host: host),
            "mode": first.isObserve ? "observe" : "armed",
            "severity": first.severity.rawValue,
        ]
        if let list = first.list { labels["list"] = list }
        if let incident = first.incident { labels["incident"] = "\(incident)" }
        return labels
    }

    private func annotations(_ member: Run.Member) -> [String: String] {
        let alert = member.alert
        var annotations: [String: String] = [:]
        for (name, figure) in alert.figures { annotations[Self.labelName(name)] = figure }
        annotations["summary"] = alert.summary
        annotations["description"] = alert.advice
        annotations["event"] = alert.kind.rawValue
        annotations["runbook"] = Self.runbook(alert.kind)
        annotations["began"] = began(member)
        if let link = link(alert.kind) { annotations["runbook_url"] = link }
        return annotations
    }

    /// Where the manual says what to do.
    static func runbook(_ kind: Alert.Kind) -> String {
        "man listbreaker-alerts, section \(kind.rawValue)"
    }

    /// The site's own page about it; `runbook_url` is what receivers make a link of.
    func link(_ kind: Alert.Kind) -> String? {
        runbookURL.isEmpty ? nil : runbookURL + kind.rawValue
    }

    /// When it began, by the clock on the wall and in UTC, for people: the labels have it exactly.
    func began(_ member: Run.Member) -> String {
        let (local, utc) = (wall(member.first.started), WallClock.utc(member.first.started))
        return local == utc ? utc : "\(local) (\(utc))"
    }

    private static func common(_ all: [[String: String]]) -> [String: String] {
        guard let first = all.first else { return [:] }
        return first.filter { name, value in all.allSatisfy { $0[name] == value } }
    }

    private static func camelCase(_ words: String) -> String {
        words.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `name` with everything but ASCII letters, digits and `_` replaced; never empty.
    static func labelName(_ name: String) -> String {
        let name = String(
            name.unicodeScalars.prefix(64).map { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    ? Character(scalar) : "_"
            }
        )
        return name.first.map { !$0.isNumber } == true ? name : "_" + name
    }

    /// Alertmanager's fingerprint of a label set: FNV-1a over sorted names and values, each ended
    /// by 0xff (prometheus/common, model/signature.go).
    static func fingerprint(_ labels: [String: String]) -> String {
        var hash = FNV1a()
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            hash.add(field: name)
            hash.add(field: value)
        }
        let digits = String(hash.value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
