// SPDX-License-Identifier: Apache-2.0
//
// Large lists of which nobody knows what they are for: too little was seen, and nobody has said it.
// They are what a storm finds unprepared, so they are named until somebody says. Places are kept, and
// what makes them unknown is asked again each time, so that nothing here has to be taken back. The
// mistake to avoid: going through all lists for it; there may be a hundred thousand.

public import EventTime

/// A large list of which nobody knows what it is for.
public struct UnknownList: Sendable, Equatable {
    /// Its posting address.
    public var address: String
    /// Members, or copies a post, as far as the log shows.
    public var members: Int64
    /// Posts that were seen.
    public var posts: Int64
    /// When the first of them came.
    public var since: Timestamp
}

/// Places of lists that were large and hardly known when they posted.
struct UnknownLists: Sendable {
    /// Most that are kept, and looked at each time; chosen: further ones get their turn when some of
    /// these are known.
    static let most = 200
    private var places: Set<Int32> = []

    /// Notes that the list at `place` is one.
    mutating func note(_ place: Int) {
        if places.count < Self.most { places.insert(Int32(place)) }
    }

    /// Whether there is room for more.
    var hasRoom: Bool { places.count < Self.most }

    /// The list at `place` is forgotten, or known.
    mutating func forget(_ place: Int) { places.remove(Int32(place)) }

    /// In no order.
    var all: Set<Int32> { places }
}

extension ListState {
    /// Whether it may be one of them: cheap, for every post.
    @inline(__always)
    func mayBeUnknown(_ least: Int64) -> Bool {
        least > 0 && Int64(max(memberCount, copyCount)) >= least
            && Int64(test?.baseline.seen ?? 0) < LearnedKind.leastPosts
    }

    /// What is known of it where its kind is not, and it has `least` members or more; else nil.
    func unknown(at time: Timestamp, _ settings: DetectionSettings) -> UnknownList? {
        let least = settings.unknownListMembers
        let now = max(time, clock)
        let size = max(largestSize(at: now) ?? 0, Int64(max(memberCount, copyCount)))
        guard least > 0, size >= least, saidKind(settings) == nil, announce.since != .distantPast,
            shownKind(at: now, settings) == nil
        else { return nil }
        // The first post begins the test, and is not counted by it.
        let posts = max(1, Int64(test?.baseline.seen ?? 0))
        return UnknownList(
            address: address,
            members: size,
            posts: posts,
            since: announce.since
        )
    }
}

extension StormDetector {
    /// Large lists whose kind nobody has said or can tell, the largest first.
    ///
    /// At most 200: those that posted first. A list counts from
    /// ``DetectionSettings/unknownListMembers`` members on.
    public func unknownLists(at time: Timestamp) -> [UnknownList] {
        unknown.all.compactMap { states[Int($0)].unknown(at: time, settings) }
            .sorted { ($1.members, $0.address) < ($0.members, $1.address) }
    }

    /// Forgets those that are known by now, so that there is room for others.
    public mutating func settleUnknownLists(at time: Timestamp) {
        for place in unknown.all where states[Int(place)].unknown(at: time, settings) == nil {
            unknown.forget(Int(place))
        }
    }

    /// Finds them among all lists: after what was saved is read.
    mutating func findUnknownLists() {
        unknown = UnknownLists()
        guard settings.unknownListMembers > 0 else { return }
        for place in states.places {
            guard unknown.hasRoom else { return }
            if states[place].mayBeUnknown(settings.unknownListMembers) { unknown.note(place) }
        }
    }
}
