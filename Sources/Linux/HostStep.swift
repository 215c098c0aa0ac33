// SPDX-License-Identifier: Apache-2.0
//
// Next steps as this host has them: what an error, a page or `doctor` tells a person to type must
// exist where he types it. Where systemd does not run, as in most containers, its commands are said in
// words, since who starts programs there is not ours to know. The mistake to avoid: guessing another
// command in their place.

internal import Glibc

/// Advice, in the words of this host.
public enum HostStep {
    /// Whether systemd runs the services of this host: sd_booted(3) looks for the same directory.
    public static let hasSystemd = unsafe access("/run/systemd/system", F_OK) == 0

    /// `text` with each `systemctl` and `journalctl -u` in it said in words where there is no systemd.
    public static func text(_ text: String, hasSystemd: Bool = hasSystemd) -> String {
        guard !hasSystemd else { return text }
        var words = text.split(separator: " ", omittingEmptySubsequences: false)[...]
        var said: [Substring] = []
        while let word = words.popFirst() {
            let begin = words
            let phrase: String? =
                switch word {
                case "systemctl": service(&words)
                case "journalctl": output(&words)
                default: nil
                }
            if let phrase {
                said.append(phrase[...])
            } else {
                words = begin
                said.append(word)
            }
        }
        return said.joined(separator: " ")
    }

    /// `command` as it can be typed here: commands whose program is missing are left out, and those of
    /// systemd are said in words; nil when nothing is left.
    public static func command(
        _ command: String,
        hasSystemd: Bool = hasSystemd,
        exists: (String) -> Bool = isInstalled
    ) -> String? {
        var kept = ""
        var separator = ""
        var rest = command[...]
        while !rest.isEmpty {
            let ends = [" && ", "; "].compactMap { rest.firstRange(of: $0) }
            let end = ends.min { $0.lowerBound < $1.lowerBound }
            let piece = rest[..<(end?.lowerBound ?? rest.endIndex)]
            if let said = step(piece, hasSystemd, exists) {
                kept += (kept.isEmpty ? "" : separator) + said
                separator = end.map { String(rest[$0]) } ?? ""
            }
            rest = end.map { rest[$0.upperBound...] } ?? ""
        }
        return kept.isEmpty ? nil : kept
    }

    /// Whether `program` lies where root's shell looks for it.
    public static func isInstalled(_ program: String) -> Bool {
        let folders = ["/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/"]
        return (program.hasPrefix("/") ? [""] : folders + ["/bin/"])
            .contains { unsafe access($0 + program, X_OK) == 0 }
    }

    /// One command; nil: it cannot be done here.
    private static func step(
        _ piece: Substring,
        _ hasSystemd: Bool,
        _ exists: (String) -> Bool
    ) -> String? {
        let words = piece.split(separator: " ")
        let isNeedless = words.count > 1 && ["daemon-reload", "reset-failed"].contains(words[1])
        if !hasSystemd, words.first == "systemctl", isNeedless { return nil }
        let said = text(String(piece), hasSystemd: hasSystemd)
        if said != piece { return said }
        guard let program = words.first else { return nil }
        if exists(String(program)) { return said }
        // A package is a package, whatever installs it.
        if program == "apt", words.count > 2, words[1] == "install" {
            return "install " + words[2...].joined(separator: " ")
        }
        // `test` and its like are the shell's own.
        return ["[", "cd", "umask", "export"].contains(program) ? said : nil
    }

    /// What `systemctl` with these words is for, which are taken.
    private static func service(_ words: inout ArraySlice<Substring>) -> String? {
        var verb: Substring?
        while let word = words.popFirst() {
            if word.hasPrefix("-") { continue }
            guard let found = verb else {
                verb = word
                continue
            }
            let end = end(of: word)
            let name = String(word[..<end]).replacing(".service", with: "")
                .replacing(".socket", with: "")
            let said: String? =
                switch found {
                case "start", "enable": "start \(name)"
                case "restart": "restart \(name)"
                case "stop", "disable": "stop \(name)"
                case "reload": "send \(name) a SIGHUP"
                case "status": "look whether \(name) runs"
                default: nil
                }
            return said.map { $0 + word[end...] }
        }
        return nil
    }

    /// Where `word` ends and the sentence's punctuation begins.
    private static func end(of word: Substring) -> String.Index {
        word.lastIndex { !";,.?".contains($0) }.map(word.index(after:)) ?? word.endIndex
    }

    /// What `journalctl -u` with these words is for, which are taken.
    private static func output(_ words: inout ArraySlice<Substring>) -> String? {
        guard words.popFirst() == "-u", let word = words.popFirst() else { return nil }
        let end = end(of: word)
        var tail = word[end...]
        if tail.isEmpty, words.first == "-n" {
            words.removeFirst()
            tail = words.popFirst().map { $0.drop { $0.isNumber } } ?? ""
        }
        return "see what \(word[..<end]) wrote to its standard error\(tail)"
    }
}
