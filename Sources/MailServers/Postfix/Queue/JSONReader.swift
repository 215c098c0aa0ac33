// SPDX-License-Identifier: Apache-2.0
//
// A forward reader of JSON bytes for `QueueListing`: no tree, no recursion over hostile depth,
// linear time. Any byte sequence gives an answer; what is not JSON sets `isBroken` for good.
//
// It is not FleetLink's `JSONTree`, which refuses what RFC 8259 does not allow: here one sender's address
// that is no UTF-8 would make the whole queue unreadable, and a tree of it would be the largest thing in
// the actuator. What the two have in common, blanks and escapes, differs in what is done with the bad ones.

internal import HaltWire

/// A cursor over JSON text.
struct JSONReader {
    /// Depth of nesting that is skipped: 16.
    ///
    /// Chosen; postqueue uses 3.
    static let depthLimit = 16

    private let bytes: [UInt8]
    private var index = 0
    /// Whether something was not JSON; everything read afterwards is empty.
    private(set) var isBroken = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `member` for each member with the reader at its value; false when broken.
    mutating func object(_ member: (inout JSONReader, String) -> Bool) -> Bool {
        guard take(UInt8(ascii: "{")) else { return fail() }
        if take(UInt8(ascii: "}")) { return true }
        repeat {
            guard let name = string(), take(UInt8(ascii: ":")), member(&self, name), !isBroken
            else { return fail() }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? true : fail()
    }

    /// Calls `element` with the reader at each element; false when broken.
    mutating func array(_ element: (inout JSONReader) -> Bool) -> Bool {
        guard take(UInt8(ascii: "[")) else { return fail() }
        if take(UInt8(ascii: "]")) { return true }
        repeat {
            guard element(&self), !isBroken else { return fail() }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? true : fail()
    }

    /// The string here; nil and broken when there is none.
    mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else {
            isBroken = true
            return nil
        }
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): escape(&text)
            default: text.append(byte)
            }
        }
        isBroken = true
        return nil
    }

    /// The whole number here, its fraction dropped; nil when it is none or too large.
    mutating func number() -> Int64? {
        space()
        let start = index
        while index < bytes.count, "+-.0123456789eE".utf8.contains(bytes[index]) { index += 1 }
        guard index > start else {
            isBroken = true
            return nil
        }
        let digits = bytes[start..<index].prefix { $0 != UInt8(ascii: ".") }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// Passes over the value here, whatever it is; false when broken.
    mutating func skip() -> Bool {
        var depth = 0
        repeat {
            space()
            guard index < bytes.count, depth <= Self.depthLimit else { return fail() }
            switch bytes[index] {
            case UInt8(ascii: "\""): _ = string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
            default: index += 1
            }
            if isBroken { return false }
            space()
        } while depth > 0 || !isAtEndOfValue
        return depth == 0
    }

    private var isAtEndOfValue: Bool {
        index >= bytes.count || ",]}".utf8.contains(bytes[index])
    }

    private mutating func escape(_ text: inout [UInt8]) {
        guard index < bytes.count else { return }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "u"):
            let digits = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
            index = min(index + 4, bytes.count)
            // Halves of surrogate pairs become U+FFFD: two different senders may look alike to a
            // person, but the ledger compares what postqueue printed both times.
            let scalar = UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
            text += Array(String(Character(scalar)).utf8)
        default: text.append(byte)
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        space()
        guard !isBroken, index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func space() {
        while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
    }

    private mutating func fail() -> Bool {
        isBroken = true
        return false
    }
}
