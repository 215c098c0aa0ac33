// SPDX-License-Identifier: Apache-2.0
//
// What `explain` prints, as a value: which posts counted, which did not and why. Names become
// snake_case in JSON; additions only.

public import Breaker
import EventTime
import ListTraffic
import StormDetection

/// Why a list, or an incident, counted or tripped.
public struct ExplainReport: Sendable, Codable, Equatable {
    /// One post of the trail.
    public struct Post: Sendable, Codable, Equatable {
        /// When its fan-out was announced, RFC 3339 UTC.
        public var time: String
        /// Who posted.
        public var poster: String
        /// What it was taken for.
        public var kind: String
        /// Queue id of its first fan-out message.
        public var queueID: String
        /// Copies announced with it.
        public var copies: Int64
        /// Why it counted, or why not.
        public var reason: String
    }

    /// Version of this shape; 1.
    public var version = 1
    /// The list's address, or `queue`.
    public var scope: String
    /// `closed`, `open` or `half-open`.
    public var state: String
    /// The incident that is explained; nil when the breaker is closed.
    public var incident: IncidentStatus?
    /// The verdict's figures by name, as in pages; empty without a verdict.
    public var figures: [String: String]
    /// The posts, oldest first.
    public var posts: [Post]

    /// The report of `incident`, as it was at the trip.
    public init(incident: Incident) {
        scope = incident.scope.name
        state = incident.state.word.rawValue
        self.incident = incident.status
        figures = incident.verdict?.figures ?? [:]
        posts = incident.verdict?.evidence.trail.map(Post.init) ?? []
    }

    init(list: String, incident: Incident?, trail: [EvidencePost]) {
        scope = list
        state = (incident?.state.word ?? .closed).rawValue
        self.incident = incident?.status
        figures = incident?.verdict?.figures ?? [:]
        posts = trail.map(Post.init)
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
            var report = ExplainReport(list: list, incident: incident, trail: [])
            if incident == nil { report.figures = Self.figures(ofSender: figures) }
            return report
        }
        guard incident != nil || traffic.list(at: list) != nil else { return nil }
        return ExplainReport(list: list, incident: incident, trail: detector.explain(list: list))
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
