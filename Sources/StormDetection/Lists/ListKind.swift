// SPDX-License-Identifier: Apache-2.0
//
// What a list is for: a person's word, and what its traffic shows. A word counts for the rules at
// once; what is learned is shown with what it rests on, so that somebody can say whether it is true.

import EventTime

/// What a list is for.
public enum ListKind: String, Sendable, Codable, CaseIterable {
    /// Few may post, and nobody answers: as `AnnounceOnly=yes`.
    case announce
    /// Its members talk with each other: as `AnnounceOnly=no`.
    case discussion
    /// An address for a few people, to whom strangers write: held at most, never tripped.
    case role
}

/// What a person says: a kind, or that it is to be learned.
public enum KindWord: String, Sendable, Codable, CaseIterable {
    case announce, discussion, role, auto

    /// The kind; nil: learned.
    public var kind: ListKind? { ListKind(rawValue: rawValue) }
}

/// What a list's traffic shows, and what that rests on.
public struct LearnedKind: Sendable, Codable, Equatable {
    /// The kind; nil while fewer than ``leastPosts`` were seen.
    public var kind: ListKind?
    /// Such as `2 posters so far, 31 posts of theirs`.
    public var evidence: String

    /// Posts that a kind is learned from; chosen: half a year of a monthly newsletter and its answers.
    public static let leastPosts: Int64 = 20
}

/// A list that is taken for another kind than before.
public struct KindChange: Sendable, Equatable {
    /// The list's posting address.
    public var list: String
    /// What it was taken for.
    public var before: ListKind
    /// What it is taken for.
    public var now: ListKind
    /// What it rests on.
    public var evidence: String
}

extension ListRules {
    /// What the operator says the list is for, in the settings or by `listbreaker kind`.
    var saidKind: ListKind? {
        announceOnly.map { $0 ? .announce : .discussion } ?? kind
    }
}

extension ListState {
    /// What the traffic shows at `time`.
    func learnedKind(at time: Timestamp, _ settings: DetectionSettings) -> LearnedKind {
        let posts = Int64(test?.baseline.seen ?? 0)
        guard let kind = shownKind(at: time, settings) else {
            let least = LearnedKind.leastPosts
            let evidence =
                posts < least
                ? "only \(posts) of the \(least) posts that it takes"
                : "watched for less than a fortnight"
            return LearnedKind(kind: nil, evidence: evidence)
        }
        let size = largestSize(at: time) ?? 0
        let evidence =
            switch kind {
            case .role: "\(size) copies a post, \(posts) posts so far"
            case .announce:
                "posters that belong: \(announce.regulars), with \(announce.regularPosts) posts so far"
            case .discussion: "many posters, \(posts) posts so far"
            }
        return LearnedKind(kind: kind, evidence: evidence)
    }

    /// The kind alone; nil: too early.
    func shownKind(at time: Timestamp, _ settings: DetectionSettings) -> ListKind? {
        guard Int64(test?.baseline.seen ?? 0) >= LearnedKind.leastPosts, !isYoung(at: time)
        else { return nil }
        if let size = largestSize(at: time), size < settings.roleCopies { return .role }
        return looksLikeAnnounce(settings) ? .announce : .discussion
    }

    /// Whether it is time to note what the list is taken for: each eighth post is as good, and costs
    /// nothing.
    var isKindDue: Bool {
        let seen = test?.baseline.seen ?? 0
        return seen >= LearnedKind.leastPosts && seen % 8 == 4
    }

    /// Notes what the list is taken for; gives the change where it was taken for something else.
    mutating func noteKind(at time: Timestamp, _ settings: DetectionSettings) -> KindChange? {
        guard isKindDue, let now = shownKind(at: time, settings) else { return nil }
        let before = takenFor
        takenFor = now
        guard let before, before != now else { return nil }
        return KindChange(
            list: address,
            before: before,
            now: now,
            evidence: learnedKind(at: time, settings).evidence
        )
    }
}
