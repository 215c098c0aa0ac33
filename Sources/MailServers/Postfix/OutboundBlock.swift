// SPDX-License-Identifier: Apache-2.0
//
// The lines that main.cf ends with while mail is halted, as text: made, found, taken out again.
// Pure. They are appended, not edited in, because the last value of a parameter wins and because
// lines that stand together can be taken out exactly, whatever others changed around them.

internal import HaltWire

/// The block in main.cf that keeps outbound services from starting.
enum OutboundBlock {
    /// How the block stands in a main.cf.
    enum Standing: Equatable {
        /// Not there.
        case absent
        /// There, and the last word on `master_service_disable`.
        case whole
        /// There, but someone changed its lines or overrode them; the reason in words.
        case altered(String)
    }

    static let firstLine =
        "# listbreaker: outbound mail is halted. To undo, see: listbreaker status"
    static let lastLine = "# listbreaker: end of halt"
    static let parameter = "master_service_disable"

    /// The block's text, from its first line to its last newline.
    static func text(services: [String], before: String) -> String {
        let value = ([before] + services.map { "\($0)/unix" }).filter { !$0.isEmpty }
        return "\(firstLine)\n\(parameter) = \(value.joined(separator: " "))\n\(lastLine)\n"
    }

    /// `main` with `text` at its end.
    static func install(_ text: String, into main: [UInt8]) -> [UInt8] {
        let isEnded = main.last.map { $0 == UInt8(ascii: "\n") } ?? true
        return main + (isEnded ? [] : [UInt8(ascii: "\n")]) + Array(text.utf8)
    }

    /// How the block stands in `main`, given the text that was installed.
    ///
    /// - Parameters:
    ///   - main: a whole main.cf.
    ///   - text: what we wrote; nil when our record of it was lost: any whole block will do.
    /// - Returns: `whole`, `absent`, or `altered` with a sentence for people.
    static func standing(in main: [UInt8], text: String?) -> Standing {
        let lines = Lines(main)
        guard let first = lines.index(of: firstLine) else {
            return lines.index(of: lastLine) == nil ? .absent : .altered("its first line is gone")
        }
        guard let last = lines.index(of: lastLine), last > first else {
            return .altered("its last line is gone")
        }
        let block = lines.text(first...last)
        if let text, block != Array(text.utf8) {
            return .altered("it reads \(parameter) = \(lines.value(in: first...last) ?? "nothing")")
        }
        if let value = lines.value(in: (last + 1)...(lines.count)) {
            return .altered("a later line sets \(parameter) = \(value)")
        }
        return .whole
    }

    /// `main` without the block; nil when there is no whole pair of our lines to take out.
    static func remove(from main: [UInt8]) -> [UInt8]? {
        let lines = Lines(main)
        guard let first = lines.index(of: firstLine), let last = lines.index(of: lastLine),
            last > first
        else { return nil }
        return lines.without(first...last)
    }
}

/// The lines of a main.cf as ranges of its bytes.
private struct Lines {
    private let bytes: [UInt8]
    private var ranges: [Range<Int>] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            ranges.append(start..<min(end + 1, bytes.count))
            start = end + 1
        }
    }

    var count: Int { ranges.count }

    func index(of line: String) -> Int? {
        let wanted = Array(line.utf8)
        return ranges.firstIndex { range in
            bytes[range].elementsEqual(wanted)
                || bytes[range].elementsEqual(wanted + [UInt8(ascii: "\n")])
        }
    }

    func text(_ lines: ClosedRange<Int>) -> [UInt8] {
        Array(bytes[ranges[lines.lowerBound].lowerBound..<ranges[lines.upperBound].upperBound])
    }

    func without(_ lines: ClosedRange<Int>) -> [UInt8] {
        Array(bytes[..<ranges[lines.lowerBound].lowerBound])
            + bytes[ranges[lines.upperBound].upperBound...]
    }

    /// The last value that `lines` give to the parameter.
    func value(in lines: ClosedRange<Int>) -> String? {
        var found: String?
        for index in lines where index < ranges.count {
            let line = String(decoding: bytes[ranges[index]], as: UTF8.self)
            guard line.hasPrefix(OutboundBlock.parameter) else { continue }
            let rest = line.dropFirst(OutboundBlock.parameter.count).drop {
                $0 == " " || $0 == "\t"
            }
            guard rest.first == "=" else { continue }
            let value = rest.dropFirst().filter { !$0.isNewline }.drop { $0 == " " }
            found = String(value.prefix(200))
        }
        return found
    }
}
