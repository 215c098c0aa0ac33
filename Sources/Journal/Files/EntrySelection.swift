// SPDX-License-Identifier: Apache-2.0
//
// Which entries of a journal file are wanted: mail, and what the settings ask for beside it.

internal import Glibc

/// Which entries are kept, and how they are read.
struct EntrySelection {
    /// `FIELD=VALUE`, each an alternative to mail.
    let names: [String]
    /// Their bytes.
    let matches: [[UInt8]]
    /// Whether an entry's facility decides, as far as it is read; else any field of it that is one of mail's or
    /// of ``matches``, as with sd-journal's index.
    let picks: Bool
    /// Whether the container is read: only where something else than mail was asked for.
    var readsContainers: Bool { !matches.isEmpty }

    /// Throws as sd_journal_add_match(3) would.
    init(_ matches: [String], picks: Bool) throws(JournalError) {
        self.picks = picks && matches.isEmpty
        for match in matches where !Self.isMatch(match) {
            throw JournalError(
                code: .badMatch,
                operation: "select journal entries by",
                path: match,
                errno: EINVAL,
                next: "correct the configuration"
            )
        }
        names = matches
        self.matches = matches.map { Array($0.utf8) }
    }

    private static func isMatch(_ text: String) -> Bool {
        guard let end = text.utf8.firstIndex(of: UInt8(ascii: "=")), !text.hasPrefix("__") else {
            return false
        }
        let name = text.utf8[..<end]
        return !name.isEmpty
            && name.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (0x41...0x5a).contains(byte)
                    || (0x30...0x39).contains(byte)
            }
    }

    /// Whether `field` is one of ``matches``.
    func has(_ field: UnsafeRawBufferPointer) -> Bool {
        matches.contains { match in
            unsafe match.count == field.count && field.elementsEqual(match)
        }
    }
}
