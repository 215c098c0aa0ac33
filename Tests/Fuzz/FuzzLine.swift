// SPDX-License-Identifier: Apache-2.0
//
// What every fuzz target of the parser does with its input: read it as one line, describe it, and
// stop the process when an event points outside its line or its JSON is more than one line. Built
// together with the sources by `Tests/Fuzz/run`; no module of its own.

/// Reads the input as a line of `identifier`, and once more as a line of text.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int, as dialect: Dialect, _ identifier: String) {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    var settings = TrustSettings()
    settings.acceptsAbsentFields = true
    settings.addressFormat = bytes.first == UInt8(ascii: "i") ? .internal : .external
    let reader = LineReader(settings: settings)

    var batch = EntryBatch()
    var entry = LogEntry(time: Timestamp(microseconds: 0))
    entry.identifier = batch.append(Array(identifier.utf8))
    entry.message = batch.append(bytes)
    check(reader.read(entry, in: batch.bytes), entry.identifier, batch.bytes)

    let whole = ByteRange(start: 0, end: bytes.count)
    let (event, name) = reader.reading(
        line: whole,
        in: bytes,
        time: Timestamp(microseconds: 0),
        as: dialect
    )
    check(event, name, bytes)
}

/// Ends the process when `event` is not one of `bytes`.
private func check(_ event: MailEvent, _ identifier: ByteRange, _ bytes: [UInt8]) {
    let ranges = [
        event.instance, event.process, event.queueID, event.envelopeID, event.relatedID,
        event.messageID, event.sender, event.recipient, event.recipients,
        event.originalRecipient, event.host, event.address, event.user, event.relay,
        event.statusText, event.dsn, event.text, event.delays, event.headerName,
        event.headerValue, event.parent,
    ]
    for range in ranges {
        precondition(range.start <= range.end && Int(range.end) <= bytes.count, "outside the line")
    }
    precondition(event.count >= 0 && event.size >= 0, "negative number")
    let json = EventDescription(event, identifier: identifier, in: bytes).json
    precondition(!json.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "control in JSON")
    _ = ByteHash.foldedHash(bytes, ByteRange(start: 0, end: bytes.count))
}
