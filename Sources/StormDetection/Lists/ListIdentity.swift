// SPDX-License-Identifier: Apache-2.0
//
// What detection must be told about a list besides its events. Events that come by the
// million (copies sent) need none of it once the list is bound to its slot.

public import ListTraffic

/// A list as the rest of the program knows it.
public struct ListIdentity: Sendable, Equatable {
    /// Posting address, in lower case.
    public var address: String
    /// Members as learned from recent fan-outs; nil when unknown.
    ///
    /// A value below 1 is taken for unknown.
    public var members: Int64?
    /// How many of them have their mailbox on this host; 0 where no delivery proved any.
    public var membersHere: Int64
    /// Posters whom the list ever redistributed.
    public var knownPosters: Int64

    /// A list at `address`.
    public init(
        address: String,
        members: Int64? = nil,
        membersHere: Int64 = 0,
        knownPosters: Int64 = 0
    ) {
        self.address = address
        self.members = members
        self.membersHere = membersHere
        self.knownPosters = knownPosters
    }

    /// The list that `facts` tell of.
    public init(_ facts: ListFacts) {
        self.init(
            address: facts.address,
            members: facts.members > 0 ? facts.members : nil,
            membersHere: facts.membersHere,
            knownPosters: Int64(facts.knownPosters)
        )
    }
}
