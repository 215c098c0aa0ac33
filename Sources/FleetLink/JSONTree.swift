// SPDX-License-Identifier: Apache-2.0
//
// JSON (RFC 8259) as a tree, read and written: one line of the socket between the two daemons. It stands here
// because Foundation's would be the largest thing in the carrier's memory, which needs no more of it. What
// reads Postfix's queue, `MailServers/Postfix/Queue/JSONReader`, takes what this refuses, and makes no tree. The
// mistake to avoid: to trust a length or a depth; what is read is a line of at most a megabyte, and still
// somebody else's.

internal import Words

/// A value of JSON.
indirect enum JSONTree: Equatable {
    case null
    case flag(Bool)
    /// As it was written; whoever wants it says as what.
    case number(String)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    /// Levels that are read; chosen, ours have six.
    static let mostLevels = 16

    /// As text, without blanks; names of an object in order.
    var line: String {
        var line = ""
        write(to: &line)
        return line
    }

    private func write(to line: inout String) {
        switch self {
        case .null: line += "null"
        case .flag(let flag): line += flag ? "true" : "false"
        case .number(let number): line += number
        case .text(let text): line += JSONText.quoted(text)
        case .list(let values):
            line += "["
            for (place, value) in values.enumerated() {
                if place > 0 { line += "," }
                value.write(to: &line)
            }
            line += "]"
        case .object(let fields):
            line += "{"
            for (place, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if place > 0 { line += "," }
                line += JSONText.quoted(field.key) + ":"
                field.value.write(to: &line)
            }
            line += "}"
        }
    }

    /// Reads `bytes`; nil where they are no JSON, or too deep.
    init?(_ bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        guard let value = reader.value(level: 0), reader.isAtEnd else { return nil }
        self = value
    }
}

/// Reads JSON from its beginning.
private struct JSONReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether nothing but blanks follows.
    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return place == bytes.count
        }
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
            place += 1
        }
    }

    private mutating func take(_ wanted: UInt8) -> Bool {
        skipBlanks()
        guard next == wanted else { return false }
        place += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let word = Array("\(word)".utf8)
        guard bytes[place...].starts(with: word) else { return false }
        place += word.count
        return true
    }

    mutating func value(level: Int) -> JSONTree? {
        guard level < JSONTree.mostLevels else { return nil }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return object(level)
        case UInt8(ascii: "["): return list(level)
        case UInt8(ascii: "\""): return text().map { .text($0) }
        case UInt8(ascii: "t"): return take(word: "true") ? .flag(true) : nil
        case UInt8(ascii: "f"): return take(word: "false") ? .flag(false) : nil
        case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(_ level: Int) -> JSONTree? {
        place += 1
        var fields: [String: JSONTree] = [:]
        if take(UInt8(ascii: "}")) { return .object(fields) }
        repeat {
            skipBlanks()
            guard let name = text(), take(UInt8(ascii: ":")), let value = value(level: level + 1)
            else { return nil }
            fields[name] = value
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(fields) : nil
    }

    private mutating func list(_ level: Int) -> JSONTree? {
        place += 1
        var values: [JSONTree] = []
        if take(UInt8(ascii: "]")) { return .list(values) }
        repeat {
            guard let value = value(level: level + 1) else { return nil }
            values.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .list(values) : nil
    }

    /// RFC 8259 section 6: no zero in front, and digits on both sides of a point.
    private mutating func number() -> JSONTree? {
        let start = place
        _ = takeByte("-")
        if !takeByte("0"), takeDigits() == 0 { return nil }
        if takeByte("."), takeDigits() == 0 { return nil }
        if takeByte("e") || takeByte("E") {
            _ = takeByte("-") || takeByte("+")
            if takeDigits() == 0 { return nil }
        }
        return .number(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private mutating func takeByte(_ wanted: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: wanted) else { return false }
        place += 1
        return true
    }

    private mutating func takeDigits() -> Int {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func text() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var read: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: read, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                read += Array(String(scalar).utf8)
            case ..<0x20: return nil
            default: read.append(byte)
            }
        }
        return nil
    }

    /// What stands behind a backslash.
    private mutating func escaped() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let high = unit() else { return nil }
            guard (0xd800...0xdbff).contains(high) else { return Unicode.Scalar(high) }
            guard take(word: "\\u"), let low = unit(), (0xdc00...0xdfff).contains(low) else {
                return nil
            }
            return Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
        default: return nil
        }
    }

    private mutating func unit() -> UInt32? {
        guard bytes.count - place >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in bytes[place..<place + 4] {
            guard let digit = Unicode.Scalar(byte).properties.isASCIIHexDigit ? byte : nil,
                let number = UInt32(String(Unicode.Scalar(digit)), radix: 16)
            else { return nil }
            value = value << 4 | number
        }
        place += 4
        return value
    }
}
