// SPDX-License-Identifier: Apache-2.0
//
// An Exim configuration with the halt in it, as text: made, found, undone. Pure. Exim refuses an
// option that is set twice, so those that the halt sets are put behind a mark where they stood,
// and come back exactly. Every process of Exim reads the file when it starts, and every delivery
// is a process: the halt is in force when the file is there, without a reload. Held domains are not
// even looked at, and leave no trace; but a forced run (-qf, -M) passes over them, so that there
// is a router as well, which defers, and a retry rule, by which nothing deferred is given up and
// all of it is due again a second after the end of the halt.

internal import HaltWire

/// The text of a halted Exim configuration.
enum EximConfiguration {
    static let firstLine =
        "# listbreaker: outbound mail is halted. To undo, see: listbreaker status"
    static let lastLine = "# listbreaker: end of halt"
    static let routerLine = "# listbreaker: a forced run delivers nothing, either"
    static let retryLine = "# listbreaker: nothing is given up, and all is due at once"
    /// What stands before a line that was taken out of force.
    static let mark = "#listbreaker# "

    /// Options of the main section that the block sets.
    ///
    /// Exim's specification, "Main configuration": held domains are not delivered, whoever runs the
    /// queue, unless an administrator forces a message; the others would bounce, delete or thaw
    /// frozen messages, or let a user run the queue.
    static let options: Set<String> = [
        "hold_domains", "auto_thaw", "timeout_frozen_after", "ignore_bounce_errors_after",
        "prod_requires_admin", "no_prod_requires_admin", "not_prod_requires_admin",
    ]

    /// `text` with the halt in force.
    ///
    /// - Parameters:
    ///   - text: a whole configuration without the block.
    ///   - before: the value of `hold_domains` that was in force.
    /// - Returns: the text to be put in place.
    static func halted(_ text: [UInt8], before: String) -> [UInt8] {
        var lines = [firstLine]
        if !before.isEmpty { lines.append("domainlist listbreaker_before = \(before)") }
        let held = before.isEmpty ? "" : "+listbreaker_before : "
        let isLocalKnown = hasLocalDomains(text)
        lines.append("hold_domains = \(held)\(isLocalKnown ? "! +local_domains" : "*")")
        lines += [
            "auto_thaw = 0s", "timeout_frozen_after = 0s", "ignore_bounce_errors_after = 520w",
            "prod_requires_admin", lastLine,
        ]
        let router = [
            routerLine, "listbreaker_halt:", "  driver = redirect",
            "  domains = \(isLocalKnown ? "! +local_domains" : "*")", "  allow_defer",
            "  data = :defer: outbound mail is halted by listbreaker", "  no_verify", lastLine,
        ]
        let rule = [retryLine, "*  *  F,520w,1s", lastLine]
        let hasRules = split(text).contains { begins($0, "retry") }
        return Self.text(lines)
            + quieted(text, adding: ["routers": Self.text(router), "retry": Self.text(rule)])
            + (hasRules ? [] : Self.text(["", retryLine, "begin retry"] + rule.dropFirst()))
    }

    /// Whether `text` begins with the block.
    static func isHalted(_ text: [UInt8]) -> Bool { text.starts(with: firstLine.utf8) }

    /// `text` without the block and with the marked lines in force again; nil when the block is
    /// not whole.
    static func resumed(_ text: [UInt8]) -> [UInt8]? {
        var lines = split(text)
        guard lines.contains(where: { reads($0, firstLine) }) else { return nil }
        let starts = [firstLine, routerLine, retryLine]
        while let first = lines.firstIndex(where: { line in
            starts.contains { reads(line, $0) }
        }) {
            guard let last = lines[first...].firstIndex(where: { reads($0, lastLine) }) else {
                return nil
            }
            lines.removeSubrange(first...last)
        }
        let marked = Array(mark.utf8)
        return lines.flatMap { line in
            line.starts(with: marked) ? line.dropFirst(marked.count) : line
        }
    }

    /// Whether the configuration names the domains that are delivered on this host.
    static func hasLocalDomains(_ text: [UInt8]) -> Bool {
        mainSection(text).contains { line in
            let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "=") }
                .map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "hide" }
            return words.starts(with: ["domainlist", "local_domains"])
        }
    }

    /// Puts the mark before each line of an option that the block sets, continuations included,
    /// and the text that is to be added at the beginning of each section named.
    private static func quieted(_ text: [UInt8], adding: [String: [UInt8]]) -> [UInt8] {
        let lines = split(text)
        let main = mainSection(text).count
        var result: [UInt8] = []
        result.reserveCapacity(text.count + 1024)
        var isInside = false
        for (number, line) in lines.enumerated() {
            if number < main {
                let isComment = line.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
                if !isInside, !isComment, isSetting(line) { isInside = true }
                if isInside {
                    result += mark.utf8
                    if !isComment, !isContinued(line) { isInside = false }
                }
            }
            result += line
            for (section, more) in adding where number >= main && begins(line, section) {
                result += more
            }
        }
        return result
    }

    /// The lines before the first `begin`.
    private static func mainSection(_ text: [UInt8]) -> ArraySlice<ArraySlice<UInt8>> {
        split(text).prefix { !begins($0, nil) }
    }

    /// Whether a section begins: any, or the one named.
    private static func begins(_ line: ArraySlice<UInt8>, _ name: String?) -> Bool {
        let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        return words.count == 2 && words[0].elementsEqual("begin".utf8)
            && (name.map { words[1].elementsEqual($0.utf8) } ?? true)
    }

    private static func text(_ lines: [String]) -> [UInt8] {
        Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func isSetting(_ line: ArraySlice<UInt8>) -> Bool {
        var words = line.split { !(isName($0)) }.prefix(2)
            .map { String(decoding: $0, as: UTF8.self) }
        if words.first == "hide" { words.removeFirst() }
        guard let name = words.first, options.contains(name) else { return false }
        // A name must be the line's first word: `hold_domains = a`, not `x = hold_domains`.
        let start = line.drop { $0 == 0x20 || $0 == 0x09 }
        return start.starts(with: name.utf8) || start.starts(with: "hide".utf8)
    }

    private static func isContinued(_ line: ArraySlice<UInt8>) -> Bool {
        line.last { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d } == UInt8(ascii: "\\")
    }

    private static func isName(_ byte: UInt8) -> Bool {
        QueueID.isAllowed(byte) || byte == UInt8(ascii: "_")
    }

    private static func reads(_ line: ArraySlice<UInt8>, _ text: String) -> Bool {
        line.elementsEqual(text.utf8) || line.elementsEqual((text + "\n").utf8)
    }

    /// The lines with their newlines.
    private static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? text.count
            lines.append(text[start..<end])
            start = end
        }
        return lines
    }
}
