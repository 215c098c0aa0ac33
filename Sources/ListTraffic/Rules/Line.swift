// SPDX-License-Identifier: Apache-2.0
//
// One line's facts, handed from rule to rule as one value. The mistake to avoid: a copy of it for
// each rule; it is lent, never given.

internal import EventTime
internal import MailLog

/// One mail event with its bytes and the keys of what it is about.
struct Line {
    let event: MailEvent
    /// What the event's ranges point into.
    let bytes: [UInt8]
    let keys: LineKeys

    /// The line of `event`.
    @inline(__always)
    init(_ event: MailEvent, _ bytes: [UInt8], _ names: inout NameMemo) {
        self.event = event
        self.bytes = bytes
        keys = LineKeys(event, bytes, &names)
    }

    /// Event time of the line.
    var time: Timestamp { event.time }

    /// The address at `range`.
    func address(_ range: ByteRange) -> AddressForm { AddressForm(bytes, range) }

    /// The key of the message with the queue id at `range`, of the same instance.
    func key(_ queueID: ByteRange) -> UInt64 {
        ByteHash.hash(bytes, queueID, seed: keys.instance)
    }
}

/// The keys of a line: host, instance, message.
struct LineKeys {
    var machine: UInt64
    var instance: UInt64
    var message: UInt64

    /// Hashes what names the message of `event`.
    @inline(__always)
    init(_ event: MailEvent, _ bytes: [UInt8]) {
        machine = event.machine.isEmpty ? 0 : ByteHash.hash(bytes, event.machine)
        instance = ByteHash.hash(bytes, event.instance, seed: machine)
        message = ByteHash.hash(bytes, event.queueID, seed: instance)
    }

    /// The same, with what the line before had in common.
    @inline(__always)
    init(_ event: MailEvent, _ bytes: [UInt8], _ names: inout NameMemo) {
        machine = event.machine.isEmpty ? 0 : names.machine.hash(bytes, event.machine, seed: 0)
        instance = names.instance.hash(bytes, event.instance, seed: machine)
        message = ByteHash.hash(bytes, event.queueID, seed: instance)
    }
}

/// What most lines have in common: host and instance.
struct NameMemo {
    var machine = HashMemo()
    var instance = HashMemo()
}
