// SPDX-License-Identifier: Apache-2.0
//
// The header_checks table that makes Postfix log the headers by which replies are told from new
// threads. Every rule only logs. Postfix prints 200 bytes of a header, which cuts the parent off a
// long References; what INFO prints itself comes last in the line and is not cut, so the parent's
// id is captured there. The mistake to avoid: a flag /s in the pcre form, which would keep `.` from
// matching the line breaks of folded headers.

/// The table's text, for each kind of table that Postfix may know.
enum HeaderTable {
    /// Kinds of tables, the better one first.
    enum Kind: String, CaseIterable {
        /// pcre_table(5); package postfix-pcre on Debian.
        case pcre
        /// regexp_table(5); always there.
        case regexp
    }

    /// The file's name in the configuration directory.
    static let fileName = "listbreaker_header_checks"
    /// How the file begins; what does not begin so is not ours to replace.
    static let opening = "# listbreaker: header logging."
    /// Begins the lines that remember what was added to main.cf.
    private static let mark = "#= "

    /// A longer id is no thread's: RFC 5322 section 2.1.1 has 998 bytes a line, real ones have 50
    /// to 100.
    ///
    /// What is captured is a word without blanks, so that nothing in it can look like the mark
    /// itself.
    private static func identifier(_ kind: Kind) -> String {
        kind == .pcre ? #"(<[^<>\s]{1,250}>)"# : "(<[^<>[:space:]]{1,250}>)"
    }

    /// The rules.
    ///
    /// In regexp(7) `.*` cannot be kept short, so the first id of In-Reply-To is found by leaving
    /// `<` out before it.
    static func rules(_ kind: Kind) -> [String] {
        let id = identifier(kind)
        let blank = kind == .pcre ? #"\s"# : "[[:space:]]"
        let early = kind == .pcre ? ".*?" : "[^<]*"
        return [
            "/^References:.*\(id)\(blank)*$/  INFO parent=$1",
            "/^References:/  INFO",
            "/^In-Reply-To:\(early)\(id)/  INFO parent=$1",
            "/^In-Reply-To:/  INFO",
            "/^(From|Date|Auto-Submitted|Precedence):/  INFO",
            "/^(List-Id|List-Post|X-Loop|X-BeenThere):/  INFO",
        ]
    }

    /// The whole file; `added` are the lines of our block in main.cf.
    static func text(_ kind: Kind, added: [String]) -> String {
        let head = [
            "\(opening) Made by: listbreaker setup postfix --apply",
            "# To undo: listbreaker setup postfix --undo",
            "#",
            "# Each rule only logs the header; no mail is changed, held or refused. With these lines",
            "# a reply is told from a new thread, a machine from a person, and fresh mail from stale.",
            "# Message-ID is missing because Postfix logs it anyway.",
            "#",
            "# What was added to main.cf, for --undo:",
        ]
        let note = [
            "#", "# The parent's id is printed last, where a long header cannot cut it off.",
        ]
        let lines = head + added.map { mark + $0 } + note + rules(kind)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The lines that the file says were added to main.cf.
    static func added(in text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix(mark) }.map {
            String($0.dropFirst(mark.count))
        }
    }
}
