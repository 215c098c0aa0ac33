// SPDX-License-Identifier: Apache-2.0
//
// What may be asked of the actuator: one JSON object, one line. The verbs are fixed, the only
// free arguments are queue IDs, counts, addresses and Message-IDs. Each is checked on the privileged
// side; only queue IDs ever reach a program, the others are compared.

/// One command to the actuator.
public struct ActuatorRequest: Sendable, Codable, Equatable {
    /// The fixed set of things the actuator does, each of which may be repeated safely.
    public enum Verb: String, Sendable, Codable, CaseIterable {
        /// Close the outbound services, hold what is queued, install the block.
        case halt
        /// Make sure that all of it still stands, and hold what was newly deferred.
        case rehold
        /// Take the block away and open the services; held mail as `held` says.
        case resume
        /// Give held messages back, the oldest first: of `list`, of `post`, of `ids`, or without
        /// these all that is held for no list; up to `limit` messages or `copies` copies.
        case release
        /// Mark held messages of a list that is on hold, chosen as for `release`, so that a `release` of
        /// them by `ids` lets them go although everything else of the list is stopped; frees none.
        case pass
        /// Hold exactly the messages `ids`, for `list` when it is given.
        case holdIDs = "hold-ids"
        /// Hold what is queued from `senders`, for `list`; what is held already becomes its own.
        case holdList = "hold-list"
        /// Let the mail server hold by itself what comes for `lists`, and for no other list, where
        /// the administrator has set that up; take in what it held.
        case blockLists = "block-lists"
        /// As `block-lists`, where the whole of a list's mail is to stop while other mail flows: an
        /// error where that is not set up, and the outbound services stay closed where it went wrong.
        case narrow
        /// List up to `limit` held messages, the oldest first, with subject; touches nothing.
        case held
        /// List held mail by post, that of `list` or all; touches nothing.
        case heldPosts = "held-posts"
        /// Save held messages, chosen as for `release`, with their envelopes, then delete them.
        case discard
        /// Send the saved messages `ids`, or those of `post`, again.
        case restore
        /// List saved mail by post, that of `post` or all; touches nothing.
        case savedPosts = "saved-posts"
        /// Delete saved messages that were discarded before the second `before` since 1970.
        case prune
        /// Stop the mail server itself, as a last resort; `resume` starts it again.
        case stop
        /// Say how things stand; touches nothing.
        case status
        /// Say what would keep mail from being halted just now; touches nothing.
        case probe
        /// The actuator's version.
        case version
    }

    /// What becomes of held mail at `resume`.
    public enum Held: String, Sendable, Codable {
        /// All of it is given back at once.
        case release
        /// It stays on hold, and ours; `release` gives it back.
        case keep
    }

    /// What to do.
    public var verb: Verb
    /// For `resume`; absent: `release`.
    public var held: Held?
    /// At most so many messages: for `release` 1 to 100,000, absent: all; for `held` 1 to 1,000.
    public var limit: Int?
    /// For `hold-ids`, `release`, `discard` and `restore`: the messages, at most 2,000.
    public var ids: [String]?
    /// For `release`: as many messages as have at most so many recipients together, at least one.
    public var copies: Int?
    /// The list that messages are, or were, held for.
    public var list: String?
    /// For `release`, `discard` and `restore`: a post, by Message-ID or by one of its queue IDs.
    public var post: String?
    /// A second since 1970.
    ///
    /// For `prune`: what was saved before it. For `discard`: posts that wait for their list itself, and
    /// came after it, are spared. For `release` with ``sparesUndecided``: what came after it is not asked
    /// whose it is.
    public var before: Int64?
    /// For `release`: messages of which it is not known whose they are stay on hold; nil: they go.
    public var sparesUndecided: Bool?
    /// For `hold-list`: envelope senders, in which `*` stands for any text; at most 256.
    public var senders: [String]?
    /// For `block-lists` and `narrow`: at most ``ListBlock/most`` lists with at most 256 senders each.
    public var lists: [BlockedList]?
    /// Seconds within which the answer is of use, 1 to 600; absent: 60.
    public var within: Int?

    /// Most queue IDs in one request: 2,000.
    ///
    /// Chosen: with it a request fits into its line of 64 KiB.
    public static let idLimit = 2000

    /// A command.
    public init(
        _ verb: Verb,
        held: Held? = nil,
        limit: Int? = nil,
        ids: [String]? = nil,
        list: String? = nil,
        post: String? = nil
    ) {
        self.verb = verb
        self.held = held
        self.limit = limit
        self.ids = ids
        self.list = list
        self.post = post
    }
}
