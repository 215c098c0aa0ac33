// SPDX-License-Identifier: Apache-2.0
//
// Which field of an entry some bytes are, and what short ones of them say. Names are told by their bytes,
// without a String: this runs for each field that was not met before. Both ways into a journal, sd-journal
// and the files themselves, come through here, so that they cannot differ.

internal import Glibc
internal import MailLog

/// The fields that are looked at.
enum FieldKind: UInt8 {
    case message, identifier, transport, uid, pid, syslogPid, executable, unit, machine
    case messageID, dropped, objectUnit, facility, container
    /// Any other field.
    case none
    /// A compressed one, of which nothing is known.
    case packed

    /// Whether its value is kept as text.
    @inline(__always) var isText: Bool {
        switch self {
        case .message, .identifier, .executable, .unit, .machine, .objectUnit, .container: true
        default: false
        }
    }
}

/// A field that was recognized.
struct FieldValue {
    /// Which one.
    var kind = FieldKind.none
    /// Where its value begins: the length of its name and of the sign behind it.
    var start = 0
    /// What it says, of a kind that is no text; negative: nothing that counts.
    ///
    /// Of a facility whether it
    /// is mail's, of a message's id whether it is ``suppressionID``, of a transport its raw value.
    var number: Int64 = -1

    /// journald's notice of suppressed lines, SD_MESSAGE_JOURNAL_DROPPED of sd-messages.h.
    static let suppressionID = "a596d6fe7bfa4994828e72309e95d61e"
    private static let suppressionBytes: StaticString = "a596d6fe7bfa4994828e72309e95d61e"

    /// Bytes of a field by which it is recognized, and all of a value that is no text.
    static let head = 64

    /// Nothing that is looked at.
    static let unknown = FieldValue()

    /// What `field` is, of which the first ``head`` bytes are enough.
    ///
    /// The first five bytes as a little-endian number tell the fields apart in one step; the whole
    /// name is compared before it is believed.
    static func read(_ field: UnsafeRawBufferPointer) -> FieldValue {
        guard field.count >= 8 else { return unsafe short(field) }
        let head = unsafe UInt64(littleEndian: field.loadUnaligned(as: UInt64.self))
        switch head & 0xff_ffff_ffff {
        case 0x41_5353_454d:  // MESSA
            return unsafe named(field, "MESSAGE=", .message)
                ?? named(field, "MESSAGE_ID=", .messageID) ?? .unknown
        case 0x4f_4c53_5953 where head >> 56 == UInt64(UInt8(ascii: "F")):  // SYSLO
            return unsafe named(field, "SYSLOG_FACILITY=", .facility) ?? .unknown
        case 0x4f_4c53_5953 where head >> 56 == UInt64(UInt8(ascii: "I")):  // SYSLO
            return unsafe named(field, "SYSLOG_IDENTIFIER=", .identifier) ?? .unknown
        case 0x4f_4c53_5953 where head >> 56 == UInt64(UInt8(ascii: "P")):  // SYSLO
            return unsafe named(field, "SYSLOG_PID=", .syslogPid) ?? .unknown
        case 0x4e_4152_545f:  // _TRAN
            return unsafe named(field, "_TRANSPORT=", .transport) ?? .unknown
        case 0x3d_4449_555f, 0x3d_4449_505f, 0x3d_4558_455f:  // _UID=, _PID=, _EXE=
            return unsafe short(field)
        case 0x54_5359_535f:  // _SYST
            return unsafe named(field, "_SYSTEMD_UNIT=", .unit) ?? .unknown
        case 0x48_4341_4d5f:  // _MACH
            return unsafe named(field, "_MACHINE_ID=", .machine) ?? .unknown
        case 0x41_544e_4f43:  // CONTA
            return unsafe named(field, "CONTAINER_NAME=", .container) ?? .unknown
        case 0x4f_5244_5f4e:  // N_DRO
            return unsafe named(field, "N_DROPPED=", .dropped) ?? .unknown
        case 0x43_454a_424f:  // OBJEC
            return unsafe named(field, "OBJECT_SYSTEMD_UNIT=", .objectUnit) ?? .unknown
        default: return .unknown
        }
    }

    /// `_UID`, `_PID` and `_EXE`, which may be shorter than eight bytes.
    private static func short(_ field: UnsafeRawBufferPointer) -> FieldValue {
        unsafe named(field, "_UID=", .uid) ?? named(field, "_PID=", .pid)
            ?? named(field, "_EXE=", .executable) ?? .unknown
    }

    @inline(__always)
    private static func named(
        _ field: UnsafeRawBufferPointer,
        _ name: StaticString,
        _ kind: FieldKind
    ) -> FieldValue? {
        let length = name.utf8CodeUnitCount
        guard field.count >= length, let start = field.baseAddress,
            unsafe memcmp(start, name.utf8Start, length) == 0
        else { return nil }
        guard !kind.isText else { return FieldValue(kind: kind, start: length) }
        let value = unsafe UnsafeRawBufferPointer(
            start: start + length,
            count: field.count - length
        )
        return FieldValue(kind: kind, start: length, number: unsafe number(value, kind))
    }

    private static func number(_ value: UnsafeRawBufferPointer, _ kind: FieldKind) -> Int64 {
        switch kind {
        case .facility: unsafe equal(value, "2") ? 1 : 0
        case .messageID: unsafe equal(value, suppressionBytes) ? 1 : 0
        case .transport: Int64(unsafe transport(value).rawValue)
        default: unsafe digits(value)
        }
    }

    private static func transport(_ value: UnsafeRawBufferPointer) -> Transport {
        if unsafe equal(value, "syslog") { return .syslog }
        return unsafe equal(value, "driver") ? .driver : .other
    }

    private static func equal(_ value: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard value.count == text.utf8CodeUnitCount, let start = value.baseAddress else {
            return false
        }
        return unsafe memcmp(start, text.utf8Start, value.count) == 0
    }

    /// Decimal digits as a number; -1 for anything else or more than 18 digits.
    private static func digits(_ value: UnsafeRawBufferPointer) -> Int64 {
        guard value.count > 0, value.count <= 18 else { return -1 }
        var sum: Int64 = 0
        for index in 0..<value.count {
            let digit = unsafe value[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return -1 }
            sum = sum &* 10 &+ Int64(digit)
        }
        return sum
    }
}
