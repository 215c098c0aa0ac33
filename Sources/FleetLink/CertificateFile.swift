// SPDX-License-Identifier: Apache-2.0
//
// When a certificate ends, read off its file: PEM (RFC 7468) around DER (RFC 5280 section 4.1). Only the way
// to the one field is walked, and nothing is verified: the brokers do that. Base64 is read here alone, and not
// by Foundation, for the reason that JSONTree.swift gives. The mistake to avoid: to believe a length.

public import EventTime
internal import Linux

/// A certificate in a file.
public enum CertificateFile {
    /// Bytes of the largest that is read; chosen, a chain of ten with large keys.
    private static let longest = 64 << 10

    /// The end of the first certificate in the file at `path`; nil where there is none.
    public static func end(at path: String) -> Timestamp? {
        guard
            let content = try? WholeFile.read(path, atMost: longest, followsLinks: true)
        else { return nil }
        return end(pem: content)
    }

    /// The same of its text.
    static func end(pem: [UInt8]) -> Timestamp? {
        let lines = String(decoding: pem, as: UTF8.self).split { $0.isNewline }
            .map { $0.filter { !$0.isWhitespace } }
        guard let begin = lines.firstIndex(of: "-----BEGINCERTIFICATE-----"),
            let close = lines[begin...].firstIndex(of: "-----ENDCERTIFICATE-----"),
            let der = base64(lines[(begin + 1)..<close].joined())
        else { return nil }
        return end(der: der)
    }

    /// The bytes of `text` (RFC 4648 section 4); nil where it is none.
    private static func base64(_ text: String) -> [UInt8]? {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        let digits = Array(text.utf8)
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard digits.count.isMultiple(of: 4), padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for digit in digits.dropLast(padding) {
            guard let value = values[Int(digit)] else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        return bytes
    }

    private static func end(der: [UInt8]) -> Timestamp? {
        var certificate = DER(der[...])
        guard var body = certificate.enter(DER.sequence), var fields = body.enter(DER.sequence)
        else { return nil }
        // Version, which may be left out; serial number, algorithm and issuer.
        _ = fields.take(DER.version)
        guard fields.take(DER.integer) != nil, fields.take(DER.sequence) != nil,
            fields.take(DER.sequence) != nil, var validity = fields.enter(DER.sequence),
            validity.takeTime() != nil
        else { return nil }
        return validity.takeTime()
    }
}

/// DER, read from its beginning (X.690).
private struct DER {
    static let integer: UInt8 = 0x02
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    static let version: UInt8 = 0xa0

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The content of the next value where it has that tag; nothing is passed over otherwise.
    mutating func take(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard rest.first == tag, rest.count >= 2 else { return nil }
        var place = rest.startIndex + 2
        var count = Int(rest[place - 1])
        if count >= 0x80 {
            let bytes = count - 0x80
            guard (1...4).contains(bytes), rest.endIndex - place >= bytes else { return nil }
            count = rest[place..<place + bytes].reduce(0) { $0 << 8 | Int($1) }
            place += bytes
        }
        guard rest.endIndex - place >= count else { return nil }
        defer { rest = rest[(place + count)...] }
        return rest[place..<place + count]
    }

    /// A reader of that value's content.
    mutating func enter(_ tag: UInt8) -> DER? { take(tag).map { DER($0) } }

    /// A point in time: `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` from then on (RFC 5280 section
    /// 4.1.2.5).
    mutating func takeTime() -> Timestamp? {
        let isShort = rest.first == Self.utcTime
        guard let text = take(isShort ? Self.utcTime : Self.generalizedTime),
            text.count == (isShort ? 13 : 15), text.last == UInt8(ascii: "Z")
        else { return nil }
        let digits = text.dropLast().map { Int64($0) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let pairs = stride(from: 0, to: digits.count, by: 2).map {
            digits[$0] * 10 + digits[$0 + 1]
        }
        let year =
            isShort ? pairs[0] + (pairs[0] < 50 ? 2000 : 1900) : pairs[0] * 100 + pairs[1]
        let rest = pairs.suffix(5).map { Int($0) }
        guard let date = CivilDate(year: year, month: rest[0], day: rest[1]), rest[2] < 24,
            rest[3] < 60, rest[4] < 61
        else { return nil }
        let seconds = rest[2] * 3600 + rest[3] * 60 + rest[4]
        return Timestamp(seconds: date.daysSinceEpoch * 86_400 + Int64(seconds))
    }
}
