// SPDX-License-Identifier: Apache-2.0
//
// Giving held mail back, or throwing it away, a batch at a time: it takes minutes, so it is state
// like any other, saved before each batch is ordered. A crash between a batch and its answer
// repeats the order, and what is gone from the hold queue is not given back twice.

public import EventTime

/// What becomes of some held mail, under way.
public struct Clearing: Sendable, Codable, Equatable {
    /// What is done with it.
    public enum Action: String, Sendable, Codable, CaseIterable {
        /// It goes out.
        case release
        /// It is saved with its envelope, then deleted.
        case discard
    }

    /// Which mail, and how much of it at once.
    public struct Step: Sendable, Codable, Hashable {
        /// The clearing's number.
        public var number: Int64
        /// What is done.
        public var action: Action
        /// Mail that is held for this list; nil: for the whole queue.
        public var list: String?
        /// This post only, by Message-ID; nil: every post.
        public var post: String?
        /// Without what was posted to the list itself after this; nil: all of it.
        public var spares: Timestamp?
        /// Copies in this batch; nil: all at once.
        public var copies: Int64?
        /// Whether messages of which it is not known whose they are stay on hold; nil: they do not.
        public var sparesUndecided: Bool?
        /// With ``sparesUndecided``: what came after this is not asked whose it is; nil: all is.
        public var asksUntil: Timestamp?
        /// The list whose mail is to be told apart before anything of this batch goes.
        public var apart: String?
        /// Whether its list stays stopped meanwhile, so that nothing else of it may go.
        public var passes = false

        /// A batch with every field given.
        public init(
            number: Int64,
            action: Action,
            list: String?,
            post: String?,
            spares: Timestamp? = nil,
            copies: Int64?
        ) {
            self.number = number
            self.action = action
            self.list = list
            self.post = post
            self.spares = spares
            self.copies = copies
        }
    }

    /// Its number, from 1, never reused.
    public var number: Int64
    /// What is done.
    public var action: Action
    /// Mail that is held for this list; nil: for the whole queue.
    public var list: String?
    /// This post only, by Message-ID; nil: every post.
    public var post: String?
    /// Without what was posted to the list itself after this; nil: all of it.
    public var spares: Timestamp?
    /// A release of what was held while this list's storm is, or may yet be, discarded: its mail is told
    /// apart first, and what is undecided stays on hold.
    public var apart: String?
    /// With ``apart``: what came after this is not asked whose it is; nil: all is.
    public var asksUntil: Timestamp?
    /// Copies a minute; 0: all at once.
    public var rate: Int64
    /// Who asked; nil when a soft hold ended by itself.
    public var by: Audit?
    /// The incident that it belongs to; 0 for none.
    public var incident: Int64
    /// When it began.
    public var began: Timestamp
    /// Messages given back or discarded so far.
    public var messages: Int64 = 0
    /// Their copies.
    public var copies: Int64 = 0
    /// Messages that are still on hold; nil before the first batch.
    public var left: Int64?

    var next: Timestamp
    var isOrdered = false

    /// Whether it is about one post of mail that a list's own hold keeps: let go while that stands, it is
    /// looked for again, since whoever expands the list may have more of it in hand.
    var isOfPost: Bool { action == .release && post != nil && list != nil }

    /// Least time from one order of a metered release to the next: 5 s.
    ///
    /// Chosen: each batch looks through the whole queue.
    static let pause = TimeSpan.seconds(5)

    /// Least time from the answer to one batch to the next order: 1 s.
    ///
    /// Chosen: so that whoever waits for the queue gets a turn, also where it takes long to look through.
    static let rest = TimeSpan.seconds(1)

    /// Longest time whose copies one batch carries: 1 min.
    ///
    /// Chosen: as many as the rate names; what takes longer is slower than its rate.
    static let span = TimeSpan.minutes(1)

    /// Longest wait of a release for mail that is to be thrown away: 10 min.
    ///
    /// Chosen: 20,000 messages are saved in a third of it.
    static let patience = TimeSpan.minutes(10)

    /// The next batch, after one that took the time that is said.
    func step(after took: TimeSpan?) -> Step {
        var copies: Int64?
        if action == .release, rate > 0 {
            // Where the batch before took longer than a pause, this one carries what that time is worth.
            let least = max(Self.pause.seconds, (took?.seconds ?? 0) + Self.rest.seconds)
            let worth = (Double(rate) * min(least, Self.span.seconds) / 60).rounded(.down)
            copies = worth < Double(Int64.max) ? max(1, Int64(worth)) : nil
        }
        var step = Step(
            number: number,
            action: action,
            list: list,
            post: post,
            spares: spares,
            copies: copies
        )
        guard action == .release, apart != nil else { return step }
        step.sparesUndecided = true
        step.asksUntil = asksUntil
        // Once: nothing of the queue is held any more when the rest goes.
        if left == nil, list == nil { step.apart = apart }
        return step
    }

    /// When the batch after one of `copies`, due at `ordered` and done at `time`, is due.
    ///
    /// Counted from when it was due itself, since a batch that takes seconds would make the release slower by as much.
    func due(after copies: Int64, ordered: Timestamp?, at time: Timestamp) -> Timestamp {
        guard action == .release, rate > 0 else { return time }
        let seconds = min(Double(copies) * 60 / Double(rate), 86_400)
        let worth = max(Self.pause, TimeSpan(microseconds: Int64(seconds * 1_000_000)))
        // The clock may have been set back meanwhile.
        return max(min(ordered ?? time, time) + worth, time + Self.rest)
    }
}
