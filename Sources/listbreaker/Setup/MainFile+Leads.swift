// SPDX-License-Identifier: Apache-2.0
//
// Words in front of a parameter's value, and a block of lines at the end of main.cf. Pure. A lead is
// put right behind the equals sign, on lines of its own, and is taken out as exactly these bytes; so
// whatever the site writes around it stays the site's. The mistake to avoid: repeating the site's own
// value in our block, which would freeze it.

extension MainFile {
    /// A parameter, and the words that are to come first in its value.
    struct Lead: Equatable {
        var name: String
        var words: [String]
        /// What Postfix has by default, where main.cf does not set the parameter.
        var fallback: [String] = []

        /// What is put behind the equals sign.
        fileprivate var bytes: [UInt8] {
            Array(words.map { "\n    \($0)," }.joined().utf8) + Array("\n   ".utf8)
        }

        /// The line that sets the parameter where main.cf does not.
        fileprivate var line: String { "\(name) = \((words + fallback).joined(separator: ", "))" }
    }

    /// First and last line of a block.
    struct Marks {
        var first: String
        var last: String
    }

    /// Whether main.cf has the block with `marks`, or one of `leads` in a value.
    func hasTraces(of leads: [Lead], _ marks: Marks) -> Bool {
        lines.indices.contains { text($0).hasPrefix(marks.first) || text($0) == marks.last }
            || leads.contains { lead in definitions(of: lead.name).contains { holds($0, lead) } }
    }

    /// Puts `leads` in front of the values that there are, and all else into a block at the end.
    ///
    /// Returns what was added, for people.
    mutating func install(_ leads: [Lead], lines more: [String], _ marks: Marks) -> [String] {
        var block: [String] = []
        var shown: [String] = []
        for lead in leads {
            guard let place = definitions(of: lead.name).last else {
                block.append(lead.line)
                continue
            }
            let line = lines[place.lowerBound]
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let changed = Array(line[...equals]) + lead.bytes + Array(line[(equals + 1)...])
            lines.replaceSubrange(
                place.lowerBound...place.lowerBound,
                with: MainFile(changed).lines
            )
            shown.append("\(lead.name) = \(lead.words.joined(separator: ", ")), ...")
        }
        block += more
        let isEnded = lines.last?.last.map { $0 == UInt8(ascii: "\n") } ?? true
        if !isEnded { lines[lines.count - 1] = (Array(lines[lines.count - 1]) + [0x0a])[...] }
        let first = marks.first + (isEnded ? "" : Self.unended)
        lines += ([first] + block + [marks.last]).map { Array("\($0)\n".utf8)[...] }
        return shown + block
    }

    /// Takes out what ``install(_:lines:_:)`` put in and nobody changed; returns remarks on the rest.
    mutating func remove(_ leads: [Lead], lines more: [String], _ marks: Marks) -> [String] {
        var remarks: [String] = []
        for lead in leads {
            for place in definitions(of: lead.name).reversed() where holds(place, lead) {
                let whole = lines[place.lowerBound...].flatMap { $0 }
                guard let equals = whole.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let rest = whole[(equals + 1 + lead.bytes.count)...]
                let kept = MainFile(Array(whole[...equals]) + Array(rest)).lines
                lines.replaceSubrange(place.lowerBound..., with: kept)
            }
        }
        let ours = Set(leads.map(\.line) + more)
        var isUnended = false
        if let first = lines.indices.first(where: { text($0).hasPrefix(marks.first) }),
            let last = lines.indices.last(where: { text($0) == marks.last }), last > first
        {
            isUnended = text(first).hasSuffix(Self.unended)
            let strange = (first + 1..<last).filter { !ours.contains(text($0)) }
            for index in strange {
                remarks.append("left in main.cf, since somebody changed it: \(text(index))")
            }
            lines.replaceSubrange(first...last, with: strange.map { lines[$0] })
        }
        if isUnended, let last = lines.indices.last, lines[last].last == 0x0a {
            lines[last] = lines[last].dropLast()
        }
        return remarks
    }

    /// Whether the definition at `place` begins with the lead's words, byte for byte.
    ///
    /// A lead in front of nothing ends in a blank line, which is no part of the definition.
    private func holds(_ place: Range<Int>, _ lead: Lead) -> Bool {
        let whole = lines[place.lowerBound...].flatMap { $0 }
        guard let equals = whole.firstIndex(of: UInt8(ascii: "=")) else { return false }
        return whole[(equals + 1)...].starts(with: lead.bytes)
    }
}
