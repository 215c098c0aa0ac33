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

    private init(local: ByteRange, domain: ByteRange) {
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

/// How a list came to be known.
public enum ListOrigin: UInt8, Sendable, Codable, CaseIterable {
    /// Named by the configuration.
    case configured
    /// `owner-LIST@`: aliases(5), Majordomo.
    case ownerAlias
    /// `LIST-bounces@`, with or without VERP: Mailman.
    case bouncesAddress
    /// `LIST-owner@` or `LIST-bounce+...@`: Sympa.
    case ownerAddress
    /// `LIST+bounces-N-user=domain@`: mlmmj.
    case numberedBounces
    /// `LIST-return-N-user=domain@`: ezmlm.
    case returnAddress
    /// An alias whose expansion fans out, without an owner.
    case expansion
}

/// The list that an envelope sender belongs to.
struct ListSender {
    /// The list's posting address.
    var list: AddressForm
    /// The form that it has.
    var origin: ListOrigin
    /// Whether the address names one recipient, so that no other copy has the same sender.
    var isPersonal: Bool
}

extension AddressForm {
    /// Reads the address as an envelope sender of a list; nil when it has no such form.
    ///
    /// `LIST-request` and `LIST-admin` are addresses of a list's programs, not of a list.
    func listSender(_ bytes: [UInt8], delimiters: [UInt8]) -> ListSender? {
        let form = withoutBATV(bytes)
        guard !form.domain.isEmpty else { return nil }
        let (start, end) = (Int(form.local.start), Int(form.local.end))
        guard end - start > 6, end <= bytes.count else { return nil }
        var found: (ByteRange, ListOrigin, Bool)?
        if form.has(bytes, at: start, end, "owner-") {
            found = (ByteRange(start: start + 6, end: end), .ownerAlias, false)
        } else {
            found = form.suffixed(bytes, delimiters: delimiters)
        }
        guard let (whole, origin, isPersonal) = found, !whole.isEmpty else { return nil }
        var name = whole
        if form.has(bytes, at: Int(name.end) - 9, Int(name.end), "-outgoing"), name.count > 9 {
            name.end -= 9
        }
        let last = Int(name.end)
        if form.has(bytes, at: last - 8, last, "-request")
            || form.has(bytes, at: last - 6, last, "-admin")
        {
            return nil
        }
        return ListSender(
            list: AddressForm(local: name, domain: form.domain),
            origin: origin,
            isPersonal: isPersonal
        )
    }

    /// The forms that stand behind the list's name; the first mark from the left counts.
    private func suffixed(
        _ bytes: [UInt8],
        delimiters: [UInt8]
    ) -> (ByteRange, ListOrigin, Bool)? {
        let (start, end) = (Int(local.start), Int(local.end))
        var position = start + 1
        while position + 6 <= end {
            let byte = bytes[position]
            let name = ByteRange(start: start, end: position)
            if byte == UInt8(ascii: "-") {
                if has(bytes, at: position, end, "-return-") { return (name, .returnAddress, true) }
                if has(bytes, at: position, end, "-bounces") {
                    let next = position + 8
                    if next == end { return (name, .bouncesAddress, false) }
                    if delimiters.contains(bytes[next]) || bytes[next] == UInt8(ascii: "-") {
                        return (name, .bouncesAddress, true)
                    }
                } else if has(bytes, at: position, end, "-bounce") {
                    let next = position + 7
                    if next < end, delimiters.contains(bytes[next]) {
                        return (name, .ownerAddress, true)
                    }
                }
                if end - position == 6, has(bytes, at: position, end, "-owner") {
                    return (name, .ownerAddress, false)
                }
            } else if delimiters.contains(byte), has(bytes, at: position + 1, end, "bounces") {
                let next = position + 8
                if next < end, bytes[next] == UInt8(ascii: "-") {
                    return (name, .numberedBounces, true)
                }
            }
            position += 1
        }
        return nil
    }
}
