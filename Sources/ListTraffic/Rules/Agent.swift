// SPDX-License-Identifier: Apache-2.0
//
// Who wrote a recipient's line, read off the process name. The mistake to avoid: a clone of smtp(8)
// under the site's own name; it names a host, a clone of pipe(8) a service.

internal import MailLog

/// What kind of delivery agent wrote a line.
enum Agent {
    /// Sends to other hosts: smtp(8) and its clones under any name.
    case outbound
    /// local(8), which expands aliases.
    case local
    /// lmtp(8), pipe(8), virtual(8): into a mailbox, a list manager or a filter.
    case inward
    /// error(8), retry(8), discard(8): nobody got anything.
    case none

    /// The agent, read off the process name of `line`.
    ///
    /// No initializer: that would be given a copy of the line, 130 instructions; measured.
    @inline(__always)
    static func of(_ line: Line) -> Agent {
        let process = line.event.process
        let bytes = line.bytes
        let (start, end) = (Int(process.start), Int(process.end))
        guard end - start >= 4, end <= bytes.count else {
            return line.event.address.isEmpty ? .none : .outbound
        }
        let form = AddressForm(bytes, .absent)
        switch (end - start, bytes[start]) {
        case (4, UInt8(ascii: "s")) where form.has(bytes, at: start, end, "smtp"):
            return .outbound
        case (4, UInt8(ascii: "l")) where form.has(bytes, at: start, end, "lmtp"): return .inward
        case (4, UInt8(ascii: "p")) where form.has(bytes, at: start, end, "pipe"): return .inward
        case (7, UInt8(ascii: "v")) where form.has(bytes, at: start, end, "virtual"):
            return .inward
        case (5, UInt8(ascii: "l")) where form.has(bytes, at: start, end, "local"): return .local
        case (5, _)
        where form.has(bytes, at: start, end, "error") || form.has(bytes, at: start, end, "retry"):
            return .none
        case (7, UInt8(ascii: "d")) where form.has(bytes, at: start, end, "discard"):
            return .none
        default:
            // A clone of smtp(8) names a host; a clone of pipe(8) names a service.
            return line.event.address.isEmpty ? .inward : .outbound
        }
    }
}
