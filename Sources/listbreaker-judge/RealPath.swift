// SPDX-License-Identifier: Apache-2.0
//
// The whole road from Postfix's lines to a verdict, without a journal in between: the lines that the
// mail host would have written, read by the engine that the daemon runs. What it says must be what
// `listbreaker replay` says of a journal with the same lines.

import EventTime
import Hindsight
import MailLog
import Settings
import StormDetection
import StormSimulator
import Trials

/// Real traffic as a mail host's log, and what the engine makes of it.
struct RealPath {
    /// What the lists look like, and what the log shows.
    struct View {
        var shape = ListShape.includeOwner
        var members = 5000
        var hasHeaders = true
        var isWhole = false
        /// Hosts that the posts are dealt over.
        var hosts = 1

        /// The view that `words` ask for: `--shape alias|mlmmj|mailman`, `--members N`,
        /// `--headers on|off`, `--hosts N`, `--whole`; nil when they make no sense.
        init?(_ words: [String]) {
            var words = words[...]
            while let word = words.popFirst() {
                if word == "--whole" {
                    isWhole = true
                    continue
                }
                switch (word, words.popFirst()) {
                case ("--shape", "alias"?): shape = .includeOwner
                case ("--shape", "mlmmj"?): shape = .mlmmj
                case ("--shape", "mailman"?): shape = .mailman
                case ("--members", let count?):
                    guard let count = Int(count), count > 0 else { return nil }
                    members = count
                case ("--hosts", let count?):
                    guard let count = Int(count), (1...100).contains(count) else { return nil }
                    hosts = count
                case ("--headers", "on"?): hasHeaders = true
                case ("--headers", "off"?): hasHeaders = false
                default: return nil
                }
            }
        }
    }

    /// Reads rows from standard input and prints what would have happened as JSON lines, a summary
    /// last; the fields are those of `listbreaker replay --json`, as far as they go.
    static func run(_ view: View) {
        var traffic = RecordedTraffic(shape: view.shape, members: view.members)
        while let line = readLine() { traffic.take(line[...]) }
        let (scenario, posts) = traffic.plan(hasHeaders: view.hasHeaders, isWhole: view.isWhole)
        var simulation = Simulation(scenario, posts: posts)
        let span = (posts.last?.time ?? scenario.start) - (posts.first?.time ?? scenario.start)
        let years = span.seconds / (365.25 * 86400)
        guard view.hosts == 1 else {
            DealtPath.run(simulation, hosts: view.hosts, lists: traffic.listCount, years: years)
            return
        }
        var replay = Replay(
            settings: Settings(),
            mtaUsers: [],
            assumeReset: .days(1),
            until: nil
        )
        var batch = LineBatch(scenario)
        var entries = 0
        while fill(&batch, from: &simulation) {
            entries += batch.entries.entries.count
            show(replay.take(&batch.entries))
        }
        show(replay.finish())
        print(
            "{\"type\":\"summary\",\"lists\":\(traffic.listCount),\"posts\":\(posts.count),"
                + "\"entries\":\(entries),\"list_years\":\(years)}"
        )
    }

    private static func show(_ events: [ReplayEvent]) {
        for event in events {
            var text =
                "{\"type\":\"\(event.kind.rawValue)\",\"list\":\"\(event.list)\","
                + "\"time\":\"\(event.time.rfc3339)\","
                + "\"halts_queue\":\(Reach.haltsQueue(event, Settings()))"
            if let verdict = event.verdict {
                let evidence = verdict.evidence
                text +=
                    ",\"rule\":\"\(verdict.rule.rawValue)\",\"posts\":\(evidence.posts),"
                    + "\"replies\":\(evidence.replies),\"posters\":\(evidence.posters),"
                    + "\"copies_announced\":\(evidence.copiesAnnounced),"
                    + "\"copies_sent\":\(evidence.copiesSent),"
                    + "\"scope\":\"\((verdict.reach ?? .queue).rawValue)\","
                    + "\"summary\":\"\(evidence.summary)\""
            }
            print(text + "}")
        }
    }

    /// Puts the next lines into `batch`; false at the end.
    private static func fill(_ batch: inout LineBatch, from simulation: inout Simulation) -> Bool {
        batch.removeAll()
        while batch.entries.entries.count < Replay.batchLimit, let line = simulation.nextLine() {
            batch.append(line)
        }
        return !batch.entries.entries.isEmpty
    }
}
