// SPDX-License-Identifier: Apache-2.0
//
// Why a list counts as it does, or an incident tripped, as the report that `explain` prints.

public import Breaker
import EventTime
import ListTraffic
public import Reports
import StormDetection

extension ExplainReport {
    /// The report of `incident`, as it was at the trip.
    public init(incident: Incident) {
        self.init(
            scope: incident.scope,
            incident: incident,
            trail: incident.verdict?.evidence.trail ?? []
        )
    }

    init(scope: Subject, incident: Incident?, trail: [EvidencePost]) {
        self.init(
            scope: scope,
            state: incident?.state.word ?? .closed,
            incident: incident?.status,
            figures: incident?.verdict?.figures ?? [:],
            posts: trail.map(Post.init)
        )
    }
}

extension ExplainReport.Post {
    init(_ post: EvidencePost) {
        self.init(
            time: post.time.rfc3339,
            poster: post.poster,
            kind: post.kind,
            queueID: post.queueID,
            copies: post.copies,
            reason: post.reason
        )
    }
}

extension Engine {
    /// Why `list` counts as it does now; nil when it is not tracked.
    ///
    /// Of a sender that is no list there are no posts; its figures of the hour stand in their place.
    public func explain(list: String) -> ExplainReport? {
        let subject = Subject(list)
        let incident = board.incident(of: subject)
        if subject.sender != nil {
            guard let figures = detector.figures(of: list, at: sight.lastEvent ?? .distantPast)
            else { return incident.map(ExplainReport.init) }
            var report = ExplainReport(scope: subject, incident: incident, trail: [])
            if incident == nil { report.figures = Self.figures(ofSender: figures) }
            return report
        }
        guard incident != nil || traffic.list(at: list) != nil else { return nil }
        var report = ExplainReport(
            scope: subject,
            incident: incident,
            trail: detector.explain(list: list)
        )
        report.incident = incident.map { board.status(of: $0) }
        let figures = detector.figures(of: list, at: sight.lastEvent ?? .distantPast)
        if incident == nil, let burden = figures?.burden { report.figures = burden.figures }
        if let kind = kindStatus(of: subject, figures) {
            report.figures["kind"] = kind.kind
            report.figures["kind_evidence"] = kind.saidBy.map { "said by \($0)" } ?? kind.evidence
        }
        return report
    }

    private static func figures(ofSender figures: ListFigures) -> [String: String] {
        var named = ["known": figures.isWarmingUp ? "no" : "yes"]
        if let hour = figures.windows.first {
            named["window_seconds"] = "\(Int64(hour.span.seconds))"
            named["posts"] = "\(hour.posts)"
            named["copies_sent"] = "\(hour.copiesSent)"
        }
        if let near = figures.nearMisses.first {
            named["share_of_ceiling"] = "\((near.share * 100).rounded() / 100)"
        }
        return named
    }
}
