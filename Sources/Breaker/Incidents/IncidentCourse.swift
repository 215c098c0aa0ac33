// SPDX-License-Identifier: Apache-2.0
//
// What a list, or a sender, did from its trip to the reset: posts, copies announced, copies that left, in a
// fixed number of steps. When time outgrows them neighbours are put together, and each step is twice as long.

public import EventTime

/// Posts and copies behind a trip, in at most ``most`` equal steps.
public struct IncidentCourse: Sendable, Equatable {
    /// Steps at most; chosen: as many as a curve of a report shows, 2 KiB a saved incident.
    public static let most = 60

    /// What one step saw.
    public struct Step: Sendable, Equatable, Codable {
        /// Posts that the list redistributed, or messages of a sender.
        public var posts: Int64 = 0
        /// Copies that were announced.
        public var announced: Int64 = 0
        /// Copies that left, those under way at the halt and those that a person let go included.
        public var sent: Int64 = 0

        /// A step with every count given.
        public init(posts: Int64 = 0, announced: Int64 = 0, sent: Int64 = 0) {
            self.posts = posts
            self.announced = announced
            self.sent = sent
        }

        static func + (one: Step, other: Step) -> Step {
            Step(
                posts: one.posts &+ other.posts,
                announced: one.announced &+ other.announced,
                sent: one.sent &+ other.sent
            )
        }
    }

    /// The trip: where the first step begins.
    public private(set) var start: Timestamp
    /// How long a step is; a minute at first, chosen: a storm's hour fills the curve.
    public private(set) var width = TimeSpan.minutes(1)
    /// The steps, the first one first; none behind the last that saw anything.
    public private(set) var steps: [Step] = []
    /// Event time of the last thing that was counted.
    public private(set) var last: Timestamp
    /// What is not later was counted before a restart, and is read again behind it.
    private var counted: Timestamp?

    /// A course that saw nothing since `start`.
    public init(start: Timestamp) {
        self.start = start
        last = start
    }

    /// Counts `what`, which happened at `time`; before the start nothing is counted.
    mutating func note(_ what: Step, at time: Timestamp) {
        guard time >= start, counted.map({ time > $0 }) ?? true else { return }
        var place = self.place(of: time)
        while place >= Self.most {
            steps = stride(from: 0, to: steps.count, by: 2).map { index in
                index + 1 < steps.count ? steps[index] + steps[index + 1] : steps[index]
            }
            let (double, isTooLong) = width.microseconds.multipliedReportingOverflow(by: 2)
            width = TimeSpan(microseconds: isTooLong ? .max : double)
            place = self.place(of: time)
        }
        while steps.count <= place { steps.append(Step()) }
        steps[place] = steps[place] + what
        last = max(last, time)
    }

    private func place(of time: Timestamp) -> Int {
        let since = time.microseconds.subtractingReportingOverflow(start.microseconds)
        // A clock that jumped: as far away as there is.
        let span = since.overflow ? Int64.max : since.partialValue
        return Int(clamping: span / max(1, width.microseconds))
    }
}

extension IncidentCourse: Codable {
    private enum CodingKeys: String, CodingKey { case start, width, posts, announced, sent, last }

    /// Reads what ``encode(to:)`` wrote; what was counted then is not counted again.
    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        start = try row.decode(Timestamp.self, forKey: .start)
        width = max(.minutes(1), try row.decode(TimeSpan.self, forKey: .width))
        last = try row.decode(Timestamp.self, forKey: .last)
        counted = last
        let posts = try row.decode([Int64].self, forKey: .posts)
        let announced = try row.decode([Int64].self, forKey: .announced)
        let sent = try row.decode([Int64].self, forKey: .sent)
        let count = min(Self.most, posts.count, announced.count, sent.count)
        steps = (0..<count).map { Step(posts: posts[$0], announced: announced[$0], sent: sent[$0]) }
    }

    /// Writes three columns: shorter than a row for each step.
    public func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(start, forKey: .start)
        try row.encode(width, forKey: .width)
        try row.encode(last, forKey: .last)
        try row.encode(steps.map(\.posts), forKey: .posts)
        try row.encode(steps.map(\.announced), forKey: .announced)
        try row.encode(steps.map(\.sent), forKey: .sent)
    }
}
