// SPDX-License-Identifier: Apache-2.0
//
// The headers of a queued message, read from its queue file. postcat(1) does the same at 4 ms a
// message, which is a minute for the held copies of a personalised list. The file is Postfix's own
// and its envelope is trusted; what stands in its content is a stranger's. The mistake to avoid:
// guessing. Where a milter edited the file in place, its pointers are followed.

internal import Glibc
internal import HaltWire

/// Reads Postfix queue files: records of a type byte, a length and that many bytes.
///
/// Postfix source: `global/record.c`, `global/rec_type.h`; the same from 2.0 to 3.10.
enum QueueFile {
    /// Bytes of content that are looked at: 64 KiB.
    ///
    /// Chosen: `header_size_limit` is 102,400, and Message-ID and Subject stand far before.
    static let window = 64 << 10

    /// The header lines of the message in `path`, each ended by a newline.
    ///
    /// - Returns: nil when the file is gone or not in the plain form.
    static func headers(of path: String) -> [UInt8]? {
        guard let descriptor = try? SafeEntry.at(path).open() else { return nil }
        defer { close(descriptor) }
        guard let start = read(descriptor, at: 0, count: 256),
            let offset = contentOffset(start)
        else { return nil }
        return headers(of: descriptor, at: offset)
    }

    /// Whether the message has a content filter of its own to go through, as smtpd(8) of some
    /// services gives it one: requeued, it would get the filter of pickup(8) in its place.
    ///
    /// - Returns: nil when the file is gone or not in the plain form.
    static func hasFilter(_ path: String) -> Bool? {
        guard let descriptor = try? SafeEntry.at(path).open() else { return nil }
        defer { close(descriptor) }
        return read(descriptor, at: 0, count: window).flatMap(hasFilter(in:))
    }

    /// The same, of a file's beginning: an `L` record in front of the content's `M`.
    static func hasFilter(in bytes: [UInt8]) -> Bool? {
        var rest = bytes[...]
        while let (type, _) = record(&rest) {
            if type == UInt8(ascii: "L") { return true }
            if type == UInt8(ascii: "M") { return false }
        }
        return nil
    }

    /// Whether a recipient that the message in `file` has still to reach is one of `those`.
    ///
    /// - Returns: false, too, when the file is gone, or the beginning of its envelope names none:
    ///   who must know for sure asks postqueue(1).
    static func awaits(_ file: SafeEntry?, _ those: (String) -> Bool) -> Bool {
        guard let descriptor = try? file?.open() else { return false }
        defer { close(descriptor) }
        // Nearly all need the first block only.
        for count in [4 << 10, window] {
            guard let envelope = read(descriptor, at: 0, count: count) else { return false }
            if awaits(envelope, those) { return true }
            if envelope.count < count { return false }
        }
        return false
    }

    /// The same of the message in `path`.
    static func awaits(_ path: String, _ those: (String) -> Bool) -> Bool {
        awaits(try? SafeEntry.at(path), those)
    }

    /// The same of the bytes of an envelope: `R` is a recipient to be reached, `D` one that was.
    static func awaits(_ envelope: [UInt8], _ those: (String) -> Bool) -> Bool {
        var rest = envelope[...]
        while let (type, data) = record(&rest), type != UInt8(ascii: "M") {
            if type == UInt8(ascii: "R"), those(String(decoding: data, as: UTF8.self)) {
                return true
            }
        }
        return false
    }

    /// Where the content begins, as the first record says: `C` with sizes and offsets as decimals.
    static func contentOffset(_ bytes: [UInt8]) -> Int? {
        var rest = bytes[...]
        guard let (type, data) = record(&rest), type == UInt8(ascii: "C") else { return nil }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        guard fields.count >= 2, let offset = Int(fields[1]), offset > 0 else { return nil }
        return offset
    }

    /// Pointers that are followed in one message: 1,000.
    ///
    /// Chosen: a milter that edits a header leaves two.
    private static let mostPointers = 1000

    /// Where header lines go on.
    private enum Course {
        /// That was the last of them, or of what is looked at.
        case done
        /// There, as a pointer says.
        case at(Int)
    }

    /// The lines up to the first empty one, of the content that begins at `offset`: as many as stand in
    /// the first ``window`` bytes.
    static func headers(of descriptor: Int32, at offset: Int) -> [UInt8]? {
        var lines: [UInt8] = []
        var place = offset
        for _ in 0..<mostPointers {
            guard let content = read(descriptor, at: place, count: window),
                let course = take(content, into: &lines)
            else { return nil }
            guard case .at(let next) = course, lines.count < window else { return lines }
            place = next
        }
        return nil
    }

    /// The same of `content` alone; nil, too, where it goes on elsewhere.
    static func headers(in content: [UInt8]) -> [UInt8]? {
        var lines: [UInt8] = []
        guard case .done? = take(content, into: &lines) else { return nil }
        return lines
    }

    /// Takes header lines until they end or go on elsewhere; nil where that is not the form known.
    ///
    /// Where milters are set up, cleanup(8) leaves a `p` that points to 0, which is nowhere; an edited
    /// header is a `p` to the end of the file, and one back. `w` is what was struck out.
    private static func take(_ content: [UInt8], into lines: inout [UInt8]) -> Course? {
        var rest = content[...]
        while let (type, data) = record(&rest) {
            switch type {
            case UInt8(ascii: "N"):
                if data.isEmpty { return .done }
                lines += data
                lines.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "L"): lines += data
            case UInt8(ascii: "X"): return .done
            case UInt8(ascii: "w"): continue
            case UInt8(ascii: "p"):
                let digits = data.filter { $0 != UInt8(ascii: " ") }
                guard let target = Int(String(decoding: digits, as: UTF8.self)), target >= 0 else {
                    return nil
                }
                if target > 0 { return .at(target) }
            default: return nil
            }
        }
        return content.count >= window ? .done : nil
    }

    /// The next record, or nil when it is not whole.
    static func record(
        _ rest: inout ArraySlice<UInt8>
    ) -> (type: UInt8, data: ArraySlice<UInt8>)? {
        guard let type = rest.popFirst() else { return nil }
        var length = 0
        var shift = 0
        while true {
            guard shift < 28, let byte = rest.popFirst() else { return nil }
            length |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        guard length <= rest.count else { return nil }
        let data = rest.prefix(length)
        rest = rest.dropFirst(length)
        return (type, data)
    }

    static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: count)
        let got = unsafe pread(descriptor, &room, count, off_t(offset))
        return got > 0 ? Array(room.prefix(got)) : nil
    }
}
