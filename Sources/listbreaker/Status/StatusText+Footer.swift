// SPDX-License-Identifier: Apache-2.0
//
// What stands below the lists in `status`: how well we see, and whether pages get out.

internal import Reports
internal import Words

extension StatusText {
    /// How well we see and whether pages get out: what stands below the lists.
    var footer: String {
        let journal = report.journal
        var sight = ["journal: \(shown(journal.source))"]
        if let lag = journal.lagSeconds { sight.append("lag \(StateWords.decimal(lag)) s") }
        sight.append(journal.entries.counting("entry", "entries"))
        sight.append(journal.events.counting("mail event"))
        if journal.notUnderstood > 0 {
            sight.append("\(StateWords.count(journal.notUnderstood)) not understood")
        }
        if let last = journal.lastEvent { sight.append("last \(StateWords.time(last))") }
        var lines = [wrapped(sight.joined(separator: ", "), width: console.width, rest: "  ")]
        for host in (journal.hosts ?? []).prefix(Self.mostHosts) {
            let last = host.lastEntry.map { "last line \(StateWords.time($0))" } ?? "no line yet"
            lines.append(
                "  host \(shown(host.name)): \(last)\(host.isCaughtUp ? "" : ", more to be read")"
            )
        }
        if let hosts = journal.hosts, hosts.count > Self.mostHosts {
            lines.append("  and \(hosts.count - Self.mostHosts) more hosts; see --json")
        }
        lines += warnings
        let paging = report.paging
        if paging.targets.isEmpty {
            lines.append(
                console.paint("paging: no target is configured, nobody is told", .alarm)
            )
        } else {
            var words = "paging: \(paging.targets.map(shown).joined(separator: ", ")), "
            words += "\(paging.waiting.grouped) waiting, \(paging.delivered.grouped) delivered"
            lines.append(words + (paging.failed > 0 ? ", \(paging.failed.grouped) given up" : ""))
            if let error = paging.lastError {
                lines.append(console.paint("  last failure: \(told(error))", .caution))
            }
        }
        if let change = paging.changedSecrets {
            let words = wrapped("  " + told(change), width: console.width, rest: "  ")
            lines.append(console.paint(words, .alarm))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Hosts that are named at most; chosen.
    private static let mostHosts = 20
    /// Kinds of refused lines that are named at most; chosen.
    private static let mostRefused = 5

    private var warnings: [String] {
        let journal = report.journal
        var lines: [String] = []
        if journal.suppressed > 0 {
            lines.append(
                "  journald dropped \(journal.suppressed.counting("line")); "
                    + "'listbreaker doctor' says how to keep them"
            )
        }
        if !journal.forged.isEmpty {
            let kinds = journal.forged.sorted { $0.key < $1.key }
                .map { "\(shown($0.key)) \(StateWords.count($0.value))" }
            lines.append("  forged lines, not believed: \(kinds.joined(separator: ", "))")
        }
        for kind in (journal.refused ?? []).filter({ $0.setting != nil }).prefix(Self.mostRefused) {
            let unit = kind.unit.map { ", unit \(shown($0))" } ?? ""
            let user = kind.user.map { ", uid \($0)" } ?? ""
            lines.append(
                "  not believed: \(kind.lines.counting("line")) of \(shown(kind.name))\(unit)\(user) "
                    + "(\(shown(kind.reason))); \(shown(kind.setting ?? "")) would take them"
            )
        }
        if journal.gaps > 0 {
            lines.append("  gaps in the journal: \(StateWords.count(journal.gaps))")
        }
        return lines.map { console.paint($0, .caution) }
    }
}
