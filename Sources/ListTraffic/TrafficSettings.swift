// SPDX-License-Identifier: Apache-2.0
//
// What an operator may say about lists and about how much is remembered. A value: the settings
// reader fills it, ListTraffic obeys it, a reload replaces it. The mistake to avoid: a cap that a
// stranger's mail can reach without anybody counting what was forgotten.

/// One list that the configuration names.
public struct ConfiguredList: Hashable, Sendable {
    /// The posting address, `annonce@lists.example.org`; without `@` the local part in any domain.
    ///
    /// Case does not matter.
    public var address: String
    /// Other addresses of the same list, written like ``address``.
    public var aliases: [String]
    /// Envelope senders of its copies, where recognition does not find them: whole addresses in
    /// which `*` stands for any run of bytes, `news-*@bounce.example.org`.
    ///
    /// Case does not matter.
    public var senderPatterns: [String]
    /// Addresses whose posts are expected here from the first day: never strangers, always regular.
    public var regularPosters: [String]

    /// A list of `address`; the rest empty unless given.
    public init(
        address: String,
        aliases: [String] = [],
        senderPatterns: [String] = [],
        regularPosters: [String] = []
    ) {
        self.address = address
        self.aliases = aliases
        self.senderPatterns = senderPatterns
        self.regularPosters = regularPosters
    }
}

/// How lists are told from other mail, and the bounds of everything that is remembered.
///
/// Every cap is a number of records, at least 16; a smaller value is raised. What a full table
/// evicts is counted in ``TrafficCounts``.
public struct TrafficSettings: Hashable, Sendable {
    /// Lists named by the configuration, at most ``maximumLists``.
    public var lists: [ConfiguredList] = []
    /// Whether lists are also recognised by their envelope senders and expansions.
    public var recognisesLists = true
    /// Addresses that are never taken for a list, written like ``ConfiguredList/address``.
    public var neverLists: [String] = []
    /// Addresses of other hosts whose list manager submits through this MTA, as the log prints
    /// them (`192.0.2.7`, `2001:db8::7`): recognition believes them like loopback clients.
    public var listHosts: [String] = []
    /// Bytes that begin an address extension: Postfix's `recipient_delimiter`.
    ///
    /// Default `+`.
    public var recipientDelimiter = "+"
    /// Fewest recipients of an alias expansion, or of a message that only its sender shows to be a
    /// list's, for a list to be recognised.
    ///
    /// Default 3, chosen: a personal forward has one or two.
    public var smallestFanOut = 3

    /// Lists in memory.
    ///
    /// Default 10,000: what 64 MiB must hold.
    public var maximumLists = 10_000
    /// Recognised lists that did not fan out yet; part of the same table.
    ///
    /// Default 512, chosen.
    public var maximumUnconfirmedLists = 512
    /// Messages in the queue that are followed.
    ///
    /// Default 100,000, chosen: a personalised posting to 50,000 subscribers twice over. 160 bytes
    /// each, and up to 32 in the index.
    public var maximumMessages = 100_000
    /// What one message takes beside its place in the index.
    static let messageBytes = 160
    /// Messages from outside that may still be redistributed.
    ///
    /// Default 30,000, chosen: five minutes at 100 a second.
    public var maximumArrivals = 30_000
    /// Posts remembered by Message-ID, for threads and for what comes back.
    ///
    /// Default 50,000.
    public var maximumPosts = 50_000
    /// Known posters over all lists, exactly; more go to a Bloom filter of 2 MiB that is never
    /// rotated.
    ///
    /// Default 200,000.
    public var maximumPosters = 200_000
    /// Addresses that received a copy lately, over all lists.
    ///
    /// Default 100,000; twice as many at most are remembered.
    public var maximumRecipients = 100_000
    /// Senders that are no list and logged in; a quarter as many programs' senders beside them.
    ///
    /// Default 20,000, chosen: 15 MiB when full, with what detection keeps (measured).
    public var maximumSenders = 20_000

    /// Every setting at its default.
    public init() {}
}
