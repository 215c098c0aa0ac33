// SPDX-License-Identifier: Apache-2.0
//
// One policy on unsafe letters, and each way of making them harmless.

import Testing
import Words

/// What each outlet has to stop: one of every kind, and each end of the ranges.
private let hostile: [Unicode.Scalar] = [
    "\u{0}", "\u{8}", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{9B}", "\u{9F}",
    "\u{AD}", "\u{61C}", "\u{200B}", "\u{200D}", "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}",
    "\u{202A}", "\u{202E}", "\u{2060}", "\u{2066}", "\u{2069}", "\u{E000}", "\u{FEFF}", "\u{FFFE}",
    "\u{E0041}", "\u{10FFFF}",
]
/// What must pass as it is.
private let harmless = "a~ éÅß 漢字 e\u{301} \u{1F4E7} <>&/{}$`' \u{FFFD}"

@Suite struct `Unsafe letters` {
    @Test func `each kind is known, and nothing else is`() {
        for scalar in hostile { #expect(scalar.isUnsafe, "U+\(String(scalar.value, radix: 16))") }
        for scalar in harmless.unicodeScalars { #expect(!scalar.isUnsafe, "\(scalar)") }
    }

    @Test func `no outlet lets one through, and none loses a letter`() {
        for scalar in hostile {
            let text = "a\(Character(scalar))b"
            var outlets = [
                shown(text), text.cleaned(), text.oneLine(limit: 99), labelValue(text),
                JSONText.quoted(text), shellQuoted(text), shellWord(text), shownLines(text),
            ]
            // For what a writer of JSON wrote, which has no controls of ASCII in its strings.
            if scalar.value >= 0x20 { outlets.append(JSONText.madeSafe("\"\(text)\"")) }
            for safe in outlets {
                #expect(
                    !safe.unicodeScalars.contains { $0.isUnsafe },
                    "U+\(String(scalar.value, radix: 16)) in \(safe.debugDescription)"
                )
                #expect(safe.contains("a") && safe.contains("b"))
            }
        }
    }

    @Test func `harmless text stays byte for byte`() {
        #expect(shown(harmless) == harmless)
        #expect(harmless.cleaned() == harmless)
        #expect(harmless.oneLine(limit: 999) == harmless)
        #expect(labelValue(harmless) == harmless)
        #expect(JSONText.quoted(harmless) == "\"\(harmless)\"")
        #expect(JSONText.madeSafe("{\n\t\"\(harmless)\": 1}\n") == "{\n\t\"\(harmless)\": 1}\n")
    }

    @Test(arguments: [
        ("plain ü 漢字", "plain ü 漢字"),
        ("\u{1B}[31mred", "\\u{1b}[31mred"),
        ("a\r\nb\tc", "a\\u{d}\\u{a}b\\u{9}c"),
        ("\u{202E}gnp", "\\u{202e}gnp"),
        ("zero\u{200B}width", "zero\\u{200b}width"),
        ("\u{9B}31m", "\\u{9b}31m"),
    ])
    func `what could steer a terminal is escaped`(text: String, expected: String) {
        #expect(shown(text) == expected)
    }

    @Test func `JSON beyond the basic plane has two escapes`() {
        #expect(JSONText.quoted("\u{E0041}\u{2067}\"\\") == #""\udb40\udc41\u2067\"\\""#)
        #expect(JSONText.madeSafe("[\"\u{E0041}\"]") == #"["\udb40\udc41"]"#)
    }

    @Test func `labels keep names apart, and escape as OpenMetrics does`() {
        #expect(labelValue("a\"b\\c\nd") == #"a\"b\\c\nd"#)
        #expect(labelValue("a\u{202E}b") == #"a\\u{202e}b"#)
        #expect(labelValue("a\u{202D}b") != labelValue("a\u{202E}b"))
    }

    @Test func `one line is cut at a letter, within its bytes`() {
        #expect("a\nb\u{2069}c".oneLine(limit: 9) == "a b c")
        #expect("äöü".oneLine(limit: 6) == "äöü")
        #expect("äöüx".oneLine(limit: 6) == "ä\u{2026}")
    }
}

@Suite struct `Words for a shell` {
    @Test(arguments: [
        ("all-staff@example.org", "all-staff@example.org"),
        ("$(reboot)@example.org", "'$(reboot)@example.org'"),
        ("o'neil@example.org", "'o'\\''neil@example.org'"),
        ("a;b@example.org", "'a;b@example.org'"),
        ("ä@example.org", "'ä@example.org'"),
        ("a\u{202E}b", "'a\\u{202e}b'"),
        ("", "''"),
    ])
    func `a command that is printed can be copied safely`(text: String, word: String) {
        #expect(shellWord(text) == word)
    }

    @Test func `in a page each word is quoted`() {
        #expect(shellQuoted("a@example.org") == "'a@example.org'")
        #expect(shellQuoted("''") == "''\\'''\\'''")
    }
}
