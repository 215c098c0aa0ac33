// SPDX-License-Identifier: Apache-2.0
//
// What `status` tells of the outbound queue, of held mail that is under way, and of the list manager.

public import Breaker

/// The outbound queue's breaker and what is done to the queue.
public struct QueueStatus: Sendable, Codable, Equatable {
    /// Its own breaker's.
    public var state: Word<BreakerState>
    /// Whether the queue is halted or meant to be, by its own breaker or by a list's.
    public var isHalted: Bool
    /// How the halt stands.
    public var halt: Word<HaltWord>
    /// Messages that we hold.
    public var held: Int64
    /// Messages of these of which it is not known whose they are, so that they stay; nil: none.
    public var undecided: Int64?
    /// Why the halt or resume failed, or what an administrator changed meanwhile.
    public var remark: String?
    /// Held mail that is being given back or discarded.
    public var clearings: [ClearingStatus]

    /// A queue status with every field given.
    public init(
        state: BreakerState,
        isHalted: Bool,
        halt: HaltWord,
        held: Int64,
        remark: String?,
        undecided: Int64? = nil,
        clearings: [ClearingStatus] = []
    ) {
        self.undecided = undecided
        self.clearings = clearings
        self.state = .known(state)
        self.isHalted = isHalted
        self.halt = .known(halt)
        self.held = held
        self.remark = remark
    }
}

/// Held mail on its way out, or into quarantine.
public struct ClearingStatus: Sendable, Codable, Equatable {
    /// Its number.
    public var number: Int64
    /// What is done with it.
    public var action: Word<Clearing.Action>
    /// The list that it was held for; nil: for the whole queue.
    public var list: String?
    /// One post, by Message-ID; nil: every post.
    public var post: String?
    /// Copies a minute; 0: at once.
    public var rate: Int64
    /// Messages and their copies, done so far.
    public var messages: Int64
    /// Copies done so far.
    public var copies: Int64
    /// Messages still on hold; nil before the first batch.
    public var left: Int64?
    /// Who asked and why, as `NAME: TEXT`; nil when a soft hold ended by itself.
    public var by: String?

    /// A clearing with every field given.
    public init(
        number: Int64,
        action: Clearing.Action,
        list: String?,
        post: String?,
        rate: Int64,
        messages: Int64,
        copies: Int64,
        left: Int64?,
        by: String?
    ) {
        self.number = number
        self.action = .known(action)
        self.list = list
        self.post = post
        self.rate = rate
        self.messages = messages
        self.copies = copies
        self.left = left
        self.by = by
    }
}

/// One list at the list manager.
public struct ManagerStatus: Sendable, Codable, Equatable {
    /// What became of a list there.
    public enum State: String, Sendable {
        /// It holds every post.
        case stopped
        /// The manager has no such list.
        case unknown
        /// It could not be stopped, or given back.
        case failed
    }

    /// The list's address.
    public var list: String
    /// Whether it is stopped.
    public var state: Word<State>
    /// Why it failed, or what somebody else changed there meanwhile.
    public var remark: String?

    /// A list's state there.
    public init(list: String, state: State, remark: String?) {
        self.list = list
        self.state = .known(state)
        self.remark = remark
    }
}
