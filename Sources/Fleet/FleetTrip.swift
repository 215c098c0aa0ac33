// SPDX-License-Identifier: Apache-2.0
//
// One named trip, as it goes from host to host. What a reader does not understand of it leaves it open.

public import EventTime
internal import Words

/// A host's word that one of its breakers opened.
public struct FleetTrip: Sendable, Hashable {
    /// Bytes of its text.
    ///
    /// Chosen: a thousand hosts times three brokers hear it at once.
    public static let longest = 400
    /// Envelope senders that it names.
    public static let mostSenders = 4

    /// Its name, given once.
    public let name: TripName
    /// What it stands over.
    public let scope: FleetScope
    /// Event time at the host that tripped.
    public let time: Timestamp
    /// Whether its host halts mail because of it, and does not only watch.
    public let isArmed: Bool
    /// The rule that tripped, or `manual`.
    public let rule: String
    /// Envelope senders that only copies of the list have.
    public let senders: [String]
    /// The list's List-Id; nil: not known.
    public let listID: String?
    /// Why, in words.
    public let evidence: String

    /// A trip; of senders and evidence it keeps what has room in ``longest`` bytes.
    ///
    /// nil where even without them there is no room, or the list's name is none that the fleet takes.
    public init?(
        name: TripName,
        scope: FleetScope,
        time: Timestamp,
        isArmed: Bool,
        rule: String,
        senders: [String] = [],
        listID: String? = nil,
        evidence: String = ""
    ) {
        if let list = scope.list, FleetScope.domain(of: list) == nil { return nil }
        guard time.microseconds >= 0 else { return nil }
        self.name = name
        self.scope = scope
        self.time = time
        self.isArmed = isArmed
        self.rule = Self.word(rule)
        var room = Self.longest - Self.size(name, scope, time, isArmed, self.rule)
        guard room >= 0 else { return nil }
        var kept: [String] = []
        for sender in senders where kept.count < Self.mostSenders {
            let line = "sender: \(sender)\n".utf8.count
            guard FleetScope.domain(of: sender) != nil, !kept.contains(sender), line <= room
            else { continue }
            kept.append(sender)
            room -= line
        }
        self.senders = kept
        self.listID = listID.flatMap { id in
            let line = "list-id: \(id)\n".utf8.count
            guard !id.isEmpty, !id.unicodeScalars.contains(where: \.isUnsafe), line <= room else {
                return nil
            }
            room -= line
            return id
        }
        let words = evidence.oneLine(limit: max(0, room - "evidence: \n".utf8.count))
        self.evidence = String(words.filter { $0 != "\n" })
    }

    /// Reads what ``text`` wrote, of this or another version.
    public init(_ bytes: [UInt8]) throws(RecordRefusal) {
        let record = try RecordText(bytes, kind: "trip", limit: Self.longest)
        guard let name = TripName(try record.required("name")) else {
            throw RecordRefusal("'name' is no name of a trip")
        }
        guard let micros = try record.number("time") else {
            throw RecordRefusal("'time' is missing")
        }
        self.name = name
        time = Timestamp(microseconds: micros)
        let word = try record.required("scope")
        let list = try record.optional("list")
        if let list, FleetScope.domain(of: list) == nil {
            throw RecordRefusal("'list' is no address")
        }
        switch (word, list) {
        case ("queue", nil): scope = .queue
        case ("list", let list?): scope = .list(list)
        case ("list", nil): throw RecordRefusal("'list' is missing")
        case ("queue", .some): throw RecordRefusal("the queue has no list")
        default:
            guard HostName.isValid(word) else { throw RecordRefusal("'scope' is no word") }
            // Whatever it means: of what it names, the list is the least.
            scope = list.map { .list($0) } ?? .unknown(word)
        }
        // A mode that a newer version has is taken for the one that halts.
        isArmed = try record.required("mode") != "observe"
        rule = try record.required("rule")
        guard HostName.isValid(rule) else { throw RecordRefusal("'rule' is no word") }
        senders = try record.all("sender", most: Self.mostSenders)
        guard senders.allSatisfy({ FleetScope.domain(of: $0) != nil }) else {
            throw RecordRefusal("'sender' is no address")
        }
        listID = try record.optional("list-id")
        evidence = try record.optional("evidence") ?? ""
        // A scope's word may have become a longer one.
        guard text.utf8.count <= Self.longest else {
            throw RecordRefusal("it is too long as this version writes it")
        }
    }

    /// As it goes over the wire.
    public var text: String {
        RecordText.text(
            "trip",
            Self.fixed(name, scope, time, isArmed, rule)
                + senders.map { ("sender", $0) }
                + [("list-id", listID), ("evidence", evidence.isEmpty ? nil : evidence)]
        )
    }

    /// Senders that are the list's own by their name: what another host says of the rest is not believed.
    ///
    /// `owner-LIST`, `LIST-bounces+x` and the like, of the list's own domain; a host could else have
    /// anybody's mail held.
    public var ownSenders: [String] {
        guard let list = scope.list, let domain = FleetScope.domain(of: list),
            let local = list.split(separator: "@").first, !list.hasPrefix(FleetScope.senderMark)
        else { return [] }
        return senders.filter { sender in
            guard FleetScope.domain(of: sender) == domain,
                let name = sender.split(separator: "@").first
            else { return false }
            return name == "owner-\(local)" || name.hasPrefix("\(local)-") && name != local
        }
    }

    private static func fixed(
        _ name: TripName,
        _ scope: FleetScope,
        _ time: Timestamp,
        _ isArmed: Bool,
        _ rule: String
    ) -> [(String, String?)] {
        [
            ("name", name.text), ("scope", scope.word), ("list", scope.list),
            ("time", String(time.microseconds)), ("mode", isArmed ? "armed" : "observe"),
            ("rule", rule),
        ]
    }

    private static func size(
        _ name: TripName,
        _ scope: FleetScope,
        _ time: Timestamp,
        _ isArmed: Bool,
        _ rule: String
    ) -> Int {
        RecordText.text("trip", fixed(name, scope, time, isArmed, rule)).utf8.count
    }

    private static func word(_ rule: String) -> String {
        HostName.isValid(rule) ? rule : "unknown"
    }
}
