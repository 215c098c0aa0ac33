// SPDX-License-Identifier: Apache-2.0
//
// Reads an envelope sender as a list manager's: the forms of Mailman, aliases(5), Sympa, mlmmj,
// ezmlm and Majordomo. It says nothing about whose list it is: a stranger's looks the same. The
// mistake to avoid: taking LIST-request or LIST-admin for a list.

internal import MailLog

/// How a list came to be known.
public enum ListOrigin: UInt8, Sendable, Codable, CaseIterable {
    /// Named by the configuration.
    case configured
    /// `owner-LIST@`: aliases(5), Majordomo.
    case ownerAlias
    /// `LIST-bounces@`, with or without VERP: Mailman.
    case bouncesAddress
    /// `LIST-owner@`, `LIST-bounce+...@`, `bounce+user==a==domain==LIST@`: Sympa.
    case ownerAddress
    /// `LIST+bounces-N-user=domain@`, or `LIST+bounces-N@` for many recipients: mlmmj.
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
        let suffixed = form.suffixed(bytes, delimiters: delimiters)
        // A list may be called owner-something; none is called something-bounces.
        if form.has(bytes, at: start, end, "owner-"), suffixed?.1 != .bouncesAddress {
            found = (ByteRange(start: start + 6, end: end), .ownerAlias, false)
        } else if form.has(bytes, at: start, end, "bounce"), delimiters.contains(bytes[start + 6]),
            let name = form.afterRecipient(bytes)
        {
            found = (name, .ownerAddress, true)
        } else {
            found = suffixed
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

    /// The list in Sympa's `bounce+user==a==domain==LIST`; nil when the address has no such form.
    private func afterRecipient(_ bytes: [UInt8]) -> ByteRange? {
        let (start, end) = (Int(local.start), Int(local.end))
        var position = end - 2
        while position > start {
            if has(bytes, at: position, end, "==") {
                // The recipient before it holds two of them.
                let isVERP = (start + 7..<max(start + 7, position - 1)).contains {
                    has(bytes, at: $0, position, "==")
                }
                let name = ByteRange(start: position + 2, end: end)
                return isVERP && !name.isEmpty ? name : nil
            }
            position -= 1
        }
        return nil
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
                    // Where Postfix is to write the VERP, no recipient stands behind the number.
                    let behind = bytes[next + 1..<end].drop { (0x30...0x39).contains($0) }
                    return (name, .numberedBounces, !behind.isEmpty)
                }
            }
            position += 1
        }
        return nil
    }
}
