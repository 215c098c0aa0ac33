// SPDX-License-Identifier: Apache-2.0
//
// Reads `exim -bpru`: a line for each message, then one for each recipient that still waits. Pure.
// Addresses are strangers' text; a recipient's line begins with ten blanks, a message's never.

internal import HaltWire

/// Splits what exim(8) lists into messages.
struct EximListing {
    /// Bytes of one line that are looked at: 64 KiB.
    ///
    /// Chosen.
    static let lineLimit = 64 << 10
    /// The word for a frozen message.
    static let frozen = "*** frozen ***"

    private let kept: Int
    private let body: (QueuedMessage) -> Void
    private var line: [UInt8] = []
    private var message: QueuedMessage?

    /// Passes each message to `body`, its queue named `hold` when it is frozen and `input` when not.
    init(keeping kept: Int = QueueListing.recipientsKept, _ body: @escaping (QueuedMessage) -> Void)
    {
        self.kept = kept
        self.body = body
    }

    /// Takes the next bytes.
    mutating func feed(_ chunk: ArraySlice<UInt8>) {
        var rest = chunk
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end].prefix(Self.lineLimit - line.count)
            take(String(decoding: line, as: UTF8.self))
            line = []
            rest = rest[(end + 1)...]
        }
        line += rest.prefix(Self.lineLimit - line.count)
    }

    /// Takes what is left when exim(8) has ended.
    mutating func finish() {
        take(String(decoding: line, as: UTF8.self))
        line = []
        flush()
    }

    private mutating func flush() {
        if let message { body(message) }
        message = nil
    }

    private mutating func take(_ line: String) {
        if line.hasPrefix("          ") {
            let address = line.drop { $0 == " " }
            guard !address.isEmpty, message != nil else { return }
            message?.recipients += 1
            if message?.firstRecipients.count ?? 0 < kept {
                message?.firstRecipients.append(String(address))
            }
            return
        }
        // 25m  2.9K 1xVnw5-0000DM-35 <news@lists.example.org> *** frozen ***
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let id = QueueID(words[2]), id.text.contains("-"),
            words[3].first == "<", let end = words[3].lastIndex(of: ">")
        else { return }
        flush()
        let sender = String(words[3][words[3].index(after: words[3].startIndex)..<end])
        message = QueuedMessage()
        message?.id = id
        message?.queue = words[3][end...].hasSuffix(Self.frozen) ? "hold" : "input"
        message?.arrival = Self.arrival(of: id)
        message?.sender = sender.isEmpty ? "MAILER-DAEMON" : sender
        message?.size = Self.size(words[1])
        message?.isWhole = true
    }

    /// Seconds since 1970 that an ID begins with, in base 62.
    ///
    /// Exim's specification, "Message identification".
    static func arrival(of id: QueueID) -> Int64 {
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        return id.text.utf8.prefix(6).reduce(0) { sum, byte in
            sum * 62 + Int64(digits.firstIndex(of: byte) ?? 0)
        }
    }

    /// Bytes of `345`, `2.9K` or `12M`.
    private static func size(_ word: Substring) -> Int64 {
        let factor = word.hasSuffix("K") ? 1024.0 : word.hasSuffix("M") ? 1_048_576.0 : 1
        let number = Double(word.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }) ?? 0
        return Int64(min(number * factor, 1e15))
    }
}
