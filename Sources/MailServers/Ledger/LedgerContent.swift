// SPDX-License-Identifier: Apache-2.0
//
// What a ledger says, as a fold over its lines. Pure. postsuper(1) itself writes the lines that
// count, straight into the file, so that a kill between its rename and our note loses nothing.
// A line that is not understood is passed over: the file may end in half a line.

internal import HaltWire

/// The state that the lines of a ledger add up to.
struct LedgerContent: Equatable {
    /// A message that we hold.
    struct Entry: Equatable {
        /// Arrival in seconds since 1970; nil until it was seen in a listing.
        var arrival: Int64?
        /// Envelope sender as postqueue(1) prints it; nil until it was seen in a listing.
        var sender: String?
        /// The list that it was held for; nil when the whole queue was.
        var list: String?
        /// Whether it must go through the queue anew when it is given back.
        var isRequeued = false
    }

    /// A hold command that was begun and has no end line.
    struct Unfinished: Equatable {
        /// When it began, in seconds since 1970.
        var began: Int64
        /// Messages that were on hold before and are not ours; for a hold of everything.
        var foreign: Set<QueueID> = []
        /// Messages that were to be held; empty for a hold of everything.
        var wanted: Set<QueueID> = []
    }

    /// Everything that we hold.
    private(set) var entries: [QueueID: Entry] = [:]
    /// The command that was cut short, if any.
    private(set) var unfinished: Unfinished?
    /// What postsuper(1) said that it put on hold, since the last command began.
    private(set) var placed: Set<QueueID> = []
    /// What postsuper(1) said that it deleted, and nobody has held since.
    private(set) var removed: Set<QueueID> = []
    /// The last thing that postsuper(1) complained of, since it was asked last.
    private(set) var complaint: String?
    /// Lists of messages that are to be held and are not yet.
    private var wantedLists: [QueueID: String] = [:]

    /// Takes the next line, without its newline.
    mutating func apply(_ line: ArraySlice<UInt8>) {
        let text = String(decoding: line, as: UTF8.self)
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let verb = words.first else { return }
        switch (verb, words.count) {
        case ("postsuper:", _):
            if let id = Self.held(text) {
                place(id)
            } else if text.hasSuffix(": removed") {
                if let id = QueueID(text.dropFirst(11).prefix { $0 != ":" }) { removed.insert(id) }
            } else if text.hasPrefix("postsuper: fatal: ") || text.hasPrefix("postsuper: panic: ") {
                complaint = String(text.dropFirst(11).prefix(300))
            }
        case ("begin", 2):
            guard let began = Int64(words[1]) else { return }
            unfinished = Unfinished(began: began)
            placed = []
        case ("foreign", 2): if let id = QueueID(words[1]) { unfinished?.foreign.insert(id) }
        case ("want", 2): if let id = QueueID(words[1]) { unfinished?.wanted.insert(id) }
        case ("adopt", 2): if let id = QueueID(words[1]), entries[id] == nil { place(id) }
        case ("list", 3):
            guard let id = QueueID(words[1]) else { return }
            let list = LedgerText.decode(words[2].utf8)
            if unfinished?.wanted.contains(id) == true { wantedLists[id] = list }
            entries[id]?.list = list
        case ("requeue", 2): if let id = QueueID(words[1]) { entries[id]?.isRequeued = true }
        case ("end", 1):
            unfinished = nil
            wantedLists = [:]
        case ("mail", 4):
            guard let id = QueueID(words[1]), entries[id] != nil else { return }
            entries[id]?.arrival = Int64(words[2])
            entries[id]?.sender = LedgerText.decode(words[3].utf8)
        case ("gone", 2): if let id = QueueID(words[1]) { entries[id] = nil }
        default: break
        }
    }

    /// It was not on hold until now: what an entry says of that ID was about other mail, or about
    /// this mail before somebody else let it go.
    private mutating func place(_ id: QueueID) {
        entries[id] = Entry(list: wantedLists[id])
        placed.insert(id)
        removed.remove(id)
    }

    /// Forgets what postsuper(1) complained of before.
    mutating func beginAsking() { complaint = nil }

    /// The ID in a line of `postsuper -h`: one for a named message, one of `-v -h ALL`.
    ///
    /// Postfix 2.11 to 3.10 print `ID: placed on hold` and `renamed file QUEUE/ID as hold/ID`.
    static func held(_ line: String) -> QueueID? {
        let rest = line.dropFirst("postsuper: ".count)
        if rest.hasSuffix(": placed on hold") { return QueueID(rest.prefix { $0 != ":" }) }
        guard rest.hasPrefix("renamed file ") else { return nil }
        let words = rest.split(separator: " ")
        guard words.count == 5, words[3] == "as", words[4].hasPrefix("hold/") else { return nil }
        return words[4].split(separator: "/").last.flatMap { QueueID($0) }
    }
}

/// Any text as one word of a ledger line.
enum LedgerText {
    /// Percent-encodes everything but printable ASCII; `-` stands for empty text.
    static func encode(_ text: String) -> String {
        if text.isEmpty { return "-" }
        var result = ""
        for byte in text.utf8 {
            if (0x21...0x7e).contains(byte), byte != UInt8(ascii: "%"), text != "-" {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// Undoes ``encode(_:)``.
    static func decode(_ word: Substring.UTF8View) -> String {
        if word.elementsEqual("-".utf8) { return "" }
        var bytes: [UInt8] = []
        var rest = Array(word)[...]
        while let byte = rest.popFirst() {
            let pair = rest.prefix(2)
            if byte == UInt8(ascii: "%"), pair.count == 2,
                let value = UInt8(String(decoding: pair, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
