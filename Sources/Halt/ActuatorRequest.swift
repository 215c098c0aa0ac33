// SPDX-License-Identifier: Apache-2.0
//
// What may be asked of the actuator: one JSON object, one line. The verbs are fixed, the only
// free arguments are queue IDs, counts, addresses and Message-IDs. Each is checked here, on the
// privileged side; only queue IDs ever reach a program, the others are compared.

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
        /// Hold exactly the messages `ids`, for `list` when it is given.
        case holdIDs = "hold-ids"
        /// Hold what is queued from `senders`, for `list`; what is held already becomes its own.
        case holdList = "hold-list"
        /// Let the mail server hold by itself what comes for `lists`, and for no other list, where
        /// the administrator has set that up; take in what it held.
        case blockLists = "block-lists"
        /// List up to `limit` held messages, the oldest first, with subject; touches nothing.
        case held
        /// List held mail by post, that of `list` or all; touches nothing.
        case heldPosts = "held-posts"
        /// Save held messages, chosen as for `release`, with their envelopes, then delete them.
        case discard
        /// Send the saved messages `ids`, or those of `post`, again.
        case restore
        /// Stop the mail server itself, as a last resort; `resume` starts it again.
        case stop
        /// Say how things stand; touches nothing.
        case status
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
    /// For `hold-list`: envelope senders, in which `*` stands for any text; at most 256.
    public var senders: [String]?
    /// For `block-lists`: at most ``ListBlock/most`` lists with at most 256 senders each.
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

    /// The queue IDs, checked.
    ///
    /// - Returns: nil when none were given.
    /// - Throws: ``HaltError`` `refused` when one is no queue ID or there are too many.
    func checkedIDs() throws(HaltError) -> [QueueID]? {
        guard let ids else { return nil }
        let checked = ids.compactMap { QueueID($0) }
        guard checked.count == ids.count, ids.count <= Self.idLimit else {
            throw HaltError(
                code: .refused,
                operation: "take the queue IDs",
                path: "",
                reason: "there are more than \(Self.idLimit) or one is none"
            )
        }
        return checked
    }

    /// Refuses a list or post that cannot be one: they are compared and written down, never run.
    func checkNames() throws(HaltError) {
        guard list.map({ Self.isName($0, 254) }) ?? true,
            post.map({ Self.isName($0, 1000) }) ?? true
        else {
            throw HaltError(
                code: .refused,
                operation: "take the list or post",
                path: "",
                reason: "it is empty, too long, or has a control character"
            )
        }
    }

    /// The envelope senders, checked.
    ///
    /// - Throws: ``HaltError`` `refused` when one is no pattern, or there are none or too many.
    func checkedSenders() throws(HaltError) -> [SenderPattern] {
        let given = senders ?? []
        let checked = given.compactMap { SenderPattern($0) }
        guard list != nil, !checked.isEmpty, checked.count == given.count, checked.count <= 256
        else {
            throw HaltError(
                code: .refused,
                operation: "take the senders",
                path: "",
                reason: "there are none, more than 256, or one would match anybody"
            )
        }
        return checked
    }

    /// The lists to block, checked.
    ///
    /// - Throws: ``HaltError`` `refused` when there are too many, or one has no name or too many
    ///   senders; a sender that is no pattern is passed over.
    func checkedLists() throws(HaltError) -> [BlockedList] {
        let given = lists ?? []
        guard given.count <= ListBlock.most,
            given.allSatisfy({ Self.isName($0.list, 254) && $0.senders.count <= 256 })
        else {
            throw HaltError(
                code: .refused,
                operation: "take the lists",
                path: "",
                reason: "there are more than \(ListBlock.most), or one is none"
            )
        }
        return given.map { each in
            BlockedList(
                list: each.list.lowercased(),
                senders: each.senders.filter { SenderPattern($0) != nil }
            )
        }
    }

    /// Which held messages it is about.
    func selection(_ ids: [QueueID]?) -> HeldSelection {
        HeldSelection(
            only: ids.map { Set($0) },
            list: list,
            post: post,
            limit: limit.map { min(max($0, 1), 100_000) },
            copies: copies.map { min(max($0, 1), 1_000_000_000) }
        )
    }

    private static func isName(_ text: String, _ most: Int) -> Bool {
        (1...most).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

/// An envelope sender in which `*` stands for any text, without regard to ASCII case.
struct SenderPattern: Equatable {
    private let bytes: [UInt8]

    /// Nil when `text` is no address with a name of three bytes or more in front of its `@`: what
    /// would match anybody's mail is no list's sender.
    init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count >= 2, text.utf8.count <= 254,
            parts.dropLast().joined().utf8.count(where: { $0 != UInt8(ascii: "*") }) >= 3,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        bytes = text.utf8.map(Self.lowered)
    }

    /// Whether `sender` as a whole is one of these; linear but for the number of `*`.
    func matches(_ sender: String) -> Bool {
        let text = sender.utf8.map(Self.lowered)
        var (p, t, star, mark) = (0, 0, -1, 0)
        while t < text.count {
            if p < bytes.count, bytes[p] == UInt8(ascii: "*") {
                star = p
                mark = t
                p += 1
            } else if p < bytes.count, bytes[p] == text[t] {
                p += 1
                t += 1
            } else if star >= 0 {
                p = star + 1
                mark += 1
                t = mark
            } else {
                return false
            }
        }
        return bytes[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
}
