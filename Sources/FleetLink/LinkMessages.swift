// SPDX-License-Identifier: Apache-2.0
//
// The two lines of an exchange, as values.

public import Reports

/// A record and where it stands.
public struct LinkRecord: Sendable, Codable, Hashable {
    /// The topic.
    public var topic: String
    /// The record's text; empty: the topic is to be kept no longer.
    public var text: String

    /// A record.
    public init(topic: String, text: String) {
        self.topic = topic
        self.text = text
    }
}

/// How the carrier stands with one broker.
public struct BrokerView: Sendable, Codable, Equatable {
    /// The broker, as the settings name it.
    public var name: String
    /// Whether it is connected.
    public var isConnected: Bool
    /// Why not, or what it refuses; nil: nothing.
    public var trouble: String?

    /// A view.
    public init(name: String, isConnected: Bool, trouble: String? = nil) {
        self.name = name
        self.isConnected = isConnected
        self.trouble = trouble
    }
}

/// What the carrier knows of the fleet beside records.
public struct CarrierView: Sendable, Codable, Equatable {
    /// The brokers, in the order of the settings.
    public var brokers: [BrokerView] = []
    /// Hosts that some broker says are there, by name.
    public var hosts: [String] = []
    /// Those of them that say that they judge, by name; nil: an older carrier.
    public var judges: [String]?
    /// When this host's certificate ends, in seconds since 1970; nil: it cannot be read.
    public var certificateEnd: Int64?
    /// Batches of others' facts that came faster than the daemon took them, and were lost; nil: an older carrier.
    public var lost: Int64?

    /// Nothing is known.
    public init() {}
}

/// What the carrier asks.
public struct LinkRequest: Sendable, Codable, Equatable {
    /// What is asked for.
    public enum Verb: String, Sendable, Codable {
        /// What this host wants kept at the brokers.
        case next
        /// To take records that were heard.
        case take
        /// What this host saw of its lists since it was asked last, to be said once.
        case facts
        /// The fleet as this host sees it, for people.
        case status
    }

    /// Records that one request may hand over.
    public static let mostRecords = 32

    /// What is asked for.
    public var verb: Verb
    /// Of `next`: the answer that the carrier has; it waits for another.
    public var seen: LinkMark?
    /// Of `take`: what was heard.
    public var records: [LinkRecord]?
    /// Of `next`: how the carrier stands.
    public var view: CarrierView?

    /// A request.
    public init(
        _ verb: Verb,
        seen: LinkMark? = nil,
        records: [LinkRecord]? = nil,
        view: CarrierView? = nil
    ) {
        self.verb = verb
        self.seen = seen
        self.records = records
        self.view = view
    }

    /// Why it makes no sense; nil when it does.
    var problem: String? {
        guard verb == .take else { return nil }
        guard let records, (1...Self.mostRecords).contains(records.count) else {
            return "a request takes 1 to \(Self.mostRecords) records"
        }
        return nil
    }
}

/// Which state of the daemon an answer shows.
public struct LinkMark: Sendable, Codable, Equatable {
    /// Drawn anew at each start of the daemon.
    public var start: UInt64
    /// Grows with each change.
    public var change: UInt64

    /// A mark.
    public init(start: UInt64, change: UInt64) {
        self.start = start
        self.change = change
    }
}

/// What the daemon answers.
public struct LinkAnswer: Sendable, Codable, Equatable {
    /// Why it was not done; nil: it was.
    public var refusal: String?
    /// Of `next`: the state that it shows.
    public var mark: LinkMark?
    /// Of `next`: all that this host wants kept at the brokers, and topics to be emptied.
    public var keep: [LinkRecord]?
    /// Of `take`: records that were not taken, and why.
    public var refused: [String]?
    /// Of `facts`: what is to be said at once, and kept by nobody.
    public var facts: LinkRecord?
    /// Of `status`: the fleet.
    public var status: FleetStatus?

    /// An answer.
    public init(
        refusal: String? = nil,
        mark: LinkMark? = nil,
        keep: [LinkRecord]? = nil,
        refused: [String]? = nil,
        facts: LinkRecord? = nil,
        status: FleetStatus? = nil
    ) {
        self.refusal = refusal
        self.mark = mark
        self.keep = keep
        self.refused = refused
        self.facts = facts
        self.status = status
    }
}
