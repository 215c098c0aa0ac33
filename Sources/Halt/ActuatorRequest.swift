// SPDX-License-Identifier: Apache-2.0
//
// What may be asked of the actuator: one JSON object, one line. The verbs are fixed, the only
// free arguments are queue IDs and a count, and each is checked here, on the privileged side.

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
        /// Give back up to `limit` held messages, the oldest first; for metering.
        case release
        /// Hold exactly the messages `ids`: the scope of one list.
        case holdIDs = "hold-ids"
        /// List up to `limit` held messages, the oldest first, with subject; touches nothing.
        case held
        /// Save the held messages `ids` with their envelopes, then delete them.
        case discard
        /// Send the saved messages `ids` again.
        case restore
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

    /// Most queue IDs in one request: 2,000.
    ///
    /// Chosen: with it a request fits into its line of 64 KiB.
    public static let idLimit = 2000

    /// A command.
    public init(_ verb: Verb, held: Held? = nil, limit: Int? = nil, ids: [String]? = nil) {
        self.verb = verb
        self.held = held
        self.limit = limit
        self.ids = ids
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
}
