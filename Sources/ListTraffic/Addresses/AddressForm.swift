// SPDX-License-Identifier: Apache-2.0
//
// Reads mail addresses as bytes: where local part and domain stand, who is meant behind BATV, SRS
// and extensions, and which list an envelope sender belongs to. Nothing is copied. The mistake to
// avoid: a search for `@` from the left, which a quoted local part defeats.

internal import MailLog

/// Joins two hashes into one; order counts.
///
/// The finaliser of MurmurHash3.
@inline(__always)
func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var value = (left &* 0x9e37_79b9_7f4a_7c15) ^ (right &+ 0x2545_f491_4f6c_dd1d)
    value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
    value = (value ^ (value >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return value ^ (value >> 33)
}

/// An address in a batch's bytes, in two parts that need not be neighbours.
struct AddressForm {
    /// The local part, quotes kept.
    var local: ByteRange
    /// The domain; empty when there is none.
    var domain: ByteRange

    /// Splits the address at `range` at its last `@`.
    init(_ bytes: [UInt8], _ range: ByteRange) {
        let start = Int(range.start)
        var position = min(Int(range.end), bytes.count)
        let end = position
        while position > start {
            position -= 1
            if bytes[position] == UInt8(ascii: "@") {
                local = ByteRange(start: start, end: position)
                domain = ByteRange(start: position + 1, end: end)
                return
            }
        }
        local = ByteRange(start: start, end: end)
        domain = .absent
    }

    /// An address of two parts.
    init(local: ByteRange, domain: ByteRange) {
        self.local = local
        self.domain = domain
    }

    /// Stable hash of the address without regard to ASCII case; 0 for the empty address.
    func hash(_ bytes: [UInt8]) -> UInt64 {
        if local.isEmpty && domain.isEmpty { return 0 }
        return Self.hash(
            local: ByteHash.foldedHash(bytes, local),
            domain: domain.isEmpty ? 0 : ByteHash.foldedHash(bytes, domain)
        )
    }

    /// Stable hash of the local part in any domain.
    func localHash(_ bytes: [UInt8]) -> UInt64 {
        Self.hash(local: ByteHash.foldedHash(bytes, local), domain: 0)
    }

    private static func hash(local: UInt64, domain: UInt64) -> UInt64 { mix(local, domain) }

    /// Hash of an address in a setting.
    static func hash(of address: String) -> UInt64 {
        let bytes = Array(address.utf8)
        return AddressForm(bytes, ByteRange(start: 0, end: bytes.count)).hash(bytes)
    }

    /// The address as text in lower case, at most 254 bytes (RFC 5321 section 4.5.3.1.3).
    func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(min(local.count + domain.count + 1, 254))
        for byte in bytes[range(local, bytes)].prefix(254) { text.append(lowered(byte)) }
        if !domain.isEmpty, text.count < 254 {
            text.append(UInt8(ascii: "@"))
            for byte in bytes[range(domain, bytes)].prefix(254 - text.count) {
                text.append(lowered(byte))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func range(_ part: ByteRange, _ bytes: [UInt8]) -> Range<Int> {
        let end = min(Int(part.end), bytes.count)
        return min(Int(part.start), end)..<end
    }
}

/// The byte in lower case if it is an ASCII letter, else as it is.
@inline(__always)
func lowered(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}

extension AddressForm {
    /// The person behind the address: BATV and SRS undone, the extension cut off.
    ///
    /// BATV writes `prvs=TAG=user@domain` (draft-levine-smtp-batv) or `btv1==TAG==user@domain`;
    /// SRS writes `SRS0=HASH=TIME=domain=user@forwarder` and
    /// `SRS1=HASH=first==HASH=TIME=domain=user@second` (Wong, "Sender Rewriting Scheme", 2003).
    func person(_ bytes: [UInt8], delimiters: [UInt8]) -> AddressForm {
        var form = withoutBATV(bytes)
        if let original = form.withoutSRS(bytes) { form = original }
        let start = Int(form.local.start)
        for position in start..<max(start, Int(form.local.end)) {
            if position > start, delimiters.contains(bytes[position]) {
                form.local = ByteRange(start: start, end: position)
                break
            }
        }
        return form
    }

    /// The address without a BATV tag.
    func withoutBATV(_ bytes: [UInt8]) -> AddressForm {
        let (start, end) = (Int(local.start), Int(local.end))
        if has(bytes, at: start, end, "prvs=") {
            if let equals = first(bytes, UInt8(ascii: "="), start + 5, end), equals + 1 < end {
                return AddressForm(
                    local: ByteRange(start: equals + 1, end: end),
                    domain: domain
                )
            }
        } else if has(bytes, at: start, end, "btv1==") {
            if let equals = first(bytes, UInt8(ascii: "="), start + 6, end), equals + 2 < end,
                bytes[equals + 1] == UInt8(ascii: "=")
            {
                return AddressForm(
                    local: ByteRange(start: equals + 2, end: end),
                    domain: domain
                )
            }
        }
        return self
    }

    /// Whether the local part is SRS: a forwarder's, for somebody else's mail.
    func isRewritten(_ bytes: [UInt8]) -> Bool {
        let (start, end) = (Int(local.start), Int(local.end))
        return has(bytes, at: start, end, "srs0=") || has(bytes, at: start, end, "srs1=")
    }

    private func withoutSRS(_ bytes: [UInt8]) -> AddressForm? {
        let (start, end) = (Int(local.start), Int(local.end))
        guard end - start > 5, has(bytes, at: start, end, "srs") else { return nil }
        let version = bytes[start + 3]
        guard version == UInt8(ascii: "0") || version == UInt8(ascii: "1") else { return nil }
        var position = start + 5
        if version == UInt8(ascii: "1") {
            // Skip to the doubled separator; what follows is the inner SRS0 without its name.
            while position + 1 < end,
                !(bytes[position] == UInt8(ascii: "=") && Self.separates(bytes[position + 1]))
            {
                position += 1
            }
            position += 2
        }
        // HASH=TIME=domain=user
        var fields: [Int] = []
        for found in position..<max(position, end) where bytes[found] == UInt8(ascii: "=") {
            fields.append(found)
            if fields.count == 3 { break }
        }
        guard fields.count == 3, fields[2] + 1 < end, fields[1] + 1 < fields[2] else { return nil }
        return AddressForm(
            local: ByteRange(start: fields[2] + 1, end: end),
            domain: ByteRange(start: fields[1] + 1, end: fields[2])
        )
    }

    private static func separates(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "=") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }

    /// Whether `text`, in lower case, stands at `position`, before `end`.
    func has(_ bytes: [UInt8], at position: Int, _ end: Int, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position >= 0, end - position >= count, end <= bytes.count else { return false }
        return text.withUTF8Buffer { wanted in
            for offset in 0..<count where unsafe lowered(bytes[position + offset]) != wanted[offset]
            {
                return false
            }
            return true
        }
    }

    private func first(_ bytes: [UInt8], _ byte: UInt8, _ from: Int, _ end: Int) -> Int? {
        var position = from
        while position < end {
            if bytes[position] == byte { return position }
            position += 1
        }
        return nil
    }
}
