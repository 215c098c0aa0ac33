// SPDX-License-Identifier: Apache-2.0
//
// Which lines were not believed: how many of which reason, name, unit and user, so that a refusal is
// never a number only, and which setting would take them. The mistake to avoid: letting strangers,
// who may call themselves whatever they like, fill the places of the mail server's own lines.

internal import Archive
public import MailLog
internal import Words

/// One kind of lines that were not believed.
public struct Refusal: Sendable, Equatable {
    /// Why not.
    public var reason: Trust
    /// What the lines call themselves: `mx1/*`, or a program without a name before it.
    public var name: String
    /// The unit that they come from, numbers of sessions and containers as `*`; empty: none.
    public var unit: String
    /// The program of the first of them; empty: unknown.
    public var program: String
    /// The user; nil: unknown.
    public var user: UInt32?
    /// Whether they come from the mail server's own user or program: hardly a forgery.
    public var isOwn: Bool
    /// How many there were since the start.
    public var count: Int64 = 0
    /// How many among the last lines.
    var recent: Int64 = 0

    /// Whether they may well be a person's who runs the mail server's own program, while the server
    /// itself is believed: nobody should be offered to believe those.
    var isSuspect = false

    /// Whether the user is a person's and not the system's.
    var isPersons: Bool { reason == .forgedUser && user.map { $0 >= Self.firstPerson } ?? false }

    /// The setting of `[Journal]` that would make them believed; nil: there is none.
    public var setting: String? {
        guard isOwn else { return nil }
        // What was cut would take something else, or nothing.
        func isWhole(_ text: String) -> Bool { text.utf8.count < Refusals.longest }
        switch reason {
        case .unknownName:
            let word = name.split(separator: "/").first ?? ""
            return isWhole(name) && word.allSatisfy(Self.isWordLetter) ? "Instances=\(word)" : nil
        case .forgedUser:
            return isSuspect ? nil : user.map { "TrustedUsers=\($0)" }
        case .forgedUnit: return unit.isEmpty || !isWhole(unit) ? nil : "TrustedUnits=\(unit)"
        case .forgedExecutable:
            // Of a tool that is no daemon, such as logger(1), nobody should believe a line.
            let parts = program.split(separator: "/")
            guard isWhole(program), parts.count > 1,
                parts.contains(where: { $0.contains("postfix") })
            else {
                return nil
            }
            return "TrustedPrograms=/" + parts.dropLast().joined(separator: "/")
        case .forgedPid:
            // Another number than the kernel's is a container's way, and a forger's in Postfix's own unit.
            let isOther = !unit.isEmpty && isWhole(unit) && !unit.hasPrefix("postfix")
            return isOther ? "TrustedUnits=\(unit)" : nil
        case .genuine, .forgedTransport, .forgedControl, .unproven: return nil
        }
    }

    /// The first uid of people, below which are the system's: UID_MIN of login.defs(5).
    private static let firstPerson: UInt32 = 1000

    private static func isWordLetter(_ letter: Character) -> Bool {
        letter.isASCII && (letter.isLetter || letter.isNumber || "-_.".contains(letter))
    }

    /// In words, such as `12 lines of mx1/*, unit docker-*.scope, uid 101 (forgedUnit)`.
    public var words: String {
        var words = "\(count.counting("line")) of \(name)"
        if !unit.isEmpty { words += ", unit \(unit)" }
        if let user { words += ", uid \(user)" }
        if !program.isEmpty { words += ", program \(program)" }
        return words + " (\(reason))" + (setting.map { "; \($0) in [Journal] takes them" } ?? "")
    }
}

/// The kinds of lines that were not believed, since the start; bounded.
public struct Refusals: Sendable, Equatable {
    /// Kinds of the mail server's own lines that are kept, and of strangers' likewise; chosen.
    static let most = 8
    /// Longest name, unit or program that is kept, in bytes; chosen, a container's unit fits.
    ///
    /// One that is as long may have been cut: no setting is offered for it.
    static let longest = 96
    /// Lines that are kept as they are, and bytes of each; chosen.
    static let samples = 3
    static let sampleBytes = 200

    /// The kinds, in the order in which they came.
    public private(set) var kinds: [Refusal] = []
    /// Lines of kinds for which there was no room.
    public private(set) var others: Int64 = 0
    /// The first lines that were not believed, as they stand in the log.
    public private(set) var first: [String] = []

    /// What a kind is known by; strings are made for a new kind only.
    private struct Key: Equatable {
        var reason: Trust
        var user: UInt32?
        var name: [UInt8]
        var unit: [UInt8]
    }
    private var keys: [Key] = []

    /// Takes note of `entry`, which `event` says was not believed.
    mutating func note(_ event: MailEvent, _ entry: LogEntry, isOwn: Bool, in batch: EntryBatch) {
        if first.count < Self.samples, event.trust != .unproven { keep(entry, in: batch) }
        let name = bytes(of: event.instance, in: batch)
        let unit = Self.unit(bytes(of: entry.unit, in: batch))
        let place = keys.firstIndex { key in
            key.reason == event.trust && key.user == entry.uid && key.name.elementsEqual(name)
                && key.unit == unit
        }
        if let place {
            kinds[place].count += 1
            kinds[place].recent += 1
            return
        }
        guard kinds.count(where: { $0.isOwn == isOwn }) < Self.most else {
            others += 1
            return
        }
        keys.append(Key(reason: event.trust, user: entry.uid, name: Array(name), unit: unit))
        let text = String(decoding: name, as: UTF8.self)
        kinds.append(
            Refusal(
                reason: event.trust,
                name: event.process == event.instance ? text : text + "/*",
                unit: String(decoding: unit, as: UTF8.self),
                program: String(decoding: bytes(of: entry.executable, in: batch), as: UTF8.self),
                user: entry.uid,
                isOwn: isOwn,
                count: 1,
                recent: 1
            )
        )
    }

    /// Halves what is recent.
    mutating func fade() {
        for index in kinds.indices { kinds[index].recent /= 2 }
    }

    /// Forgets what is recent: other settings hold from now on.
    mutating func begin() {
        for index in kinds.indices { kinds[index].recent = 0 }
    }

    private mutating func keep(_ entry: LogEntry, in batch: EntryBatch) {
        let line = batch.text(entry.identifier) + ": " + batch.text(entry.message)
        first.append(String(decoding: line.utf8.prefix(Self.sampleBytes), as: UTF8.self))
    }

    private func bytes(of range: ByteRange, in batch: EntryBatch) -> ArraySlice<UInt8> {
        guard !range.isEmpty, Int(range.end) <= batch.bytes.count else { return [] }
        return batch.bytes[Int(range.start)..<Int(range.end)].prefix(Self.longest)
    }

    /// `unit` without the number of a session or a container, which is another one each time.
    private static func unit(_ unit: ArraySlice<UInt8>) -> [UInt8] {
        guard unit.last == UInt8(ascii: "e"),
            let dash = unit.lastIndex(of: UInt8(ascii: "-")),
            let dot = unit.lastIndex(of: UInt8(ascii: ".")), dot > dash + 1,
            unit[dot...].elementsEqual(".scope".utf8)
        else { return Array(unit) }
        let number = unit[(dash + 1)..<dot]
        let isNumber = number.allSatisfy { $0 &- 0x30 < 10 }
        let isHash = number.count >= 12 && number.allSatisfy { $0 &- 0x30 < 10 || $0 &- 0x61 < 6 }
        guard isNumber || isHash else { return Array(unit) }
        return Array(unit[...dash]) + [UInt8(ascii: "*")] + Array(unit[dot...])
    }
}
