// SPDX-License-Identifier: Apache-2.0
//
// What a running smtpd says of its queue: which envelopes sleep until a later try. An envelope that
// is scheduled and waits for its turn is called pending as well, but with a time in the past.

internal import HaltWire

/// Reads `smtpctl show queue`.
struct SmtpdListing {
    /// Seconds of sleep that an envelope must have before it for being scheduled: 20.
    ///
    /// Chosen: the commands that follow have half of it.
    static let margin = 20
    /// Bytes of one line that are looked at: 64 KiB.
    ///
    /// Chosen.
    static let lineLimit = 64 << 10

    /// The envelopes of one message.
    struct Message: Equatable {
        var envelopes = 0
        /// IDs of those that sleep.
        var sleeping: [String] = []

        /// What smtpctl is to be told for scheduling them: the message when all of it sleeps.
        func words(_ id: QueueID) -> [String] {
            sleeping.count == envelopes ? [id.text] : sleeping
        }
    }

    private(set) var messages: [QueueID: Message] = [:]
    /// When smtpctl was asked; the times that it prints count from here.
    let began = ContinuousClock.now
    private var line: [UInt8] = []

    /// Asks, and reads to the end: a smtpctl that is ended while it lists ends smtpd.
    ///
    /// - Throws: ``HaltError`` when it cannot be run.
    static func ask() throws(HaltError) -> SmtpdListing {
        var listing = SmtpdListing()
        _ = try SmtpdQueue.ask(["show", "queue"]) { listing.feed($0) }
        listing.feed([0x0a])
        return listing
    }

    /// Takes the next bytes.
    mutating func feed(_ chunk: ArraySlice<UInt8>) {
        var rest = chunk
        while let end = rest.firstIndex(of: 0x0a) {
            line += rest[..<end].prefix(Self.lineLimit - line.count)
            take()
            line = []
            rest = rest[(end + 1)...]
        }
        line += rest.prefix(Self.lineLimit - line.count)
    }

    /// `ID|inet4|mta||sender|rcpt|dest|created|expires|tried|tries|pending|387|why`.
    ///
    /// Where an address or the reason holds a bar the line is not believed: strangers choose both,
    /// and an envelope that is taken for asleep and is not ends smtpd.
    private mutating func take() {
        let fields = line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count >= 14, fields[0].utf8.count == 16,
            let id = QueueID(fields[0].prefix(8))
        else { return }
        messages[id, default: Message()].envelopes += 1
        guard fields[2] == "mta", fields[3].isEmpty || fields[3] == "auth",
            fields.count == 14, fields[11] == "pending", let seconds = Int(fields[12]),
            seconds > Self.margin
        else { return }
        messages[id, default: Message()].sleeping.append(fields[0])
    }
}
