// SPDX-License-Identifier: Apache-2.0
//
// What a host says of itself, for the brokers to keep: whether it halts mail at a trip, and of what it has
// mail on hold. The mistake to avoid: to leave out a name that has no room; who shares a release would
// then count this host for none.

public import EventTime
internal import Words

/// What a host says of its mode, for the brokers to keep.
public struct ModeReport: Sendable, Hashable {
    /// Bytes of its text.
    public static let longest = 1024
    /// Scopes that it names; chosen, more lists than storm at a time.
    public static let mostHeld = 16
    /// In the place of a name: of more than is named.
    public static let more = "*"

    /// How the host is.
    public var mode: HostMode
    /// When it said so, by its clock; of two the later one counts.
    public var time: Timestamp
    /// The order that it took last, as ``FleetOrder/name``; nil: none.
    public var order: String?
    /// Why it did not do as that order says; nil: it did.
    public var refusal: String?
    /// Of what it has mail on hold, or gives it back: names as of ``FleetScope/name``, sorted, or ``more``.
    public private(set) var held: [String] = []

    /// A report; of `held` it names what has room, and says where there is more.
    public init(
        mode: HostMode,
        time: Timestamp,
        order: String? = nil,
        refusal: String? = nil,
        held: Set<String> = []
    ) {
        self.mode = mode
        self.time = time
        self.order = order
        self.refusal = refusal?.oneLine(limit: 512)
        // The last place is for the word that there are more.
        var room = Self.longest - text.utf8.count - Self.size(Self.more)
        var names: [String] = []
        for name in held.sorted() {
            guard names.count < Self.mostHeld - 1, Self.size(name) <= room, Self.isName(name) else {
                names.append(Self.more)
                break
            }
            room -= Self.size(name)
            names.append(name)
        }
        self.held = names.sorted()
    }

    /// Reads what ``text`` wrote; a name that we do not understand stands for any.
    public init(_ bytes: [UInt8]) throws(RecordRefusal) {
        let record = try RecordText(bytes, kind: "mode", limit: Self.longest)
        guard let mode = HostMode(rawValue: try record.required("mode")),
            let micros = try record.number("time")
        else { throw RecordRefusal("'mode' or 'time' is no word that we know") }
        self.init(
            mode: mode,
            time: Timestamp(microseconds: micros),
            order: try record.optional("order"),
            refusal: try record.optional("refusal")
        )
        let names = try record.all("held", most: Self.mostHeld)
        held = Set(names.map { Self.isName($0) ? $0 : Self.more }).sorted()
        let parts = order?.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.map({ $0.count == 2 && $0.allSatisfy { HostName.isValid($0) } }) ?? true else {
            throw RecordRefusal("'order' is no name of an order")
        }
    }

    /// Whether it has mail of `scope` on hold, or may have.
    public func holds(_ scope: FleetScope) -> Bool {
        held.contains(scope.name) || held.contains(Self.more)
    }

    /// As it goes over the wire.
    public var text: String {
        RecordText.text(
            "mode",
            [
                ("mode", mode.rawValue), ("time", String(time.microseconds)), ("order", order),
                ("refusal", refusal),
            ] + held.map { ("held", $0) }
        )
    }

    private static func size(_ name: String) -> Int { "held: \(name)\n".utf8.count }

    private static func isName(_ text: String) -> Bool {
        text == FleetScope.queue.name || FleetScope.domain(of: text) != nil
    }
}
