// SPDX-License-Identifier: Apache-2.0
//
// Finds the configured list whose sender pattern matches an envelope sender. Patterns are grouped
// by their literal beginning, so that ten thousand lists cost no more than one. The mistake to
// avoid: trying every list's patterns for a sender.

internal import Words

/// Envelope sender patterns of all configured lists; `*` stands for any run of bytes.
struct SenderPatterns {
    private struct Pattern {
        var bytes: [UInt8]
        var list: Handle<ListRecord>
    }

    /// By hash of the literal bytes before the first `*`, which are the operator's.
    private var groups: [UInt64: [Pattern]] = [:]
    /// The lengths of those beginnings, ascending.
    private var lengths: [Int] = []

    /// Whether there is nothing to match.
    var isEmpty: Bool { groups.isEmpty }

    /// Adds `pattern`, which belongs to `list`.
    mutating func add(_ pattern: String, list: Handle<ListRecord>) {
        let bytes = pattern.utf8.map(lowered)
        let length = bytes.firstIndex(of: UInt8(ascii: "*")) ?? bytes.count
        groups[FNV1a(bytes[..<length]).value, default: []].append(Pattern(bytes: bytes, list: list))
        if !lengths.contains(length) {
            lengths.append(length)
            lengths.sort()
        }
    }

    /// The list whose pattern matches the bytes of `sender`; the longest beginning wins.
    func list(of sender: ArraySlice<UInt8>) -> Handle<ListRecord>? {
        guard !groups.isEmpty else { return nil }
        let text = sender.map(lowered)
        for length in lengths.reversed() where length <= text.count {
            for pattern in groups[FNV1a(text[..<length]).value] ?? []
            where Glob.matches(pattern.bytes, text) {
                return pattern.list
            }
        }
        return nil
    }
}
