// SPDX-License-Identifier: Apache-2.0
//
// What a browser asks for, as far as we care: the path, the token in it, the host that it believes to speak
// to, and our cookie. Any local user and any web page may send anything here: what is not a plain GET of
// a small head is no request.

/// The head of an HTTP request; RFC 9112.
struct WebRequest: Equatable {
    /// Most bytes of a head; chosen: browsers send about 1 KiB.
    static let mostBytes = 8192

    /// `GET` or `HEAD`.
    var method: String
    /// Up to `?`.
    var path: String
    /// The value of `token` in the query.
    var token: String?
    /// The field `Host`.
    var host: String?
    /// The fields `Cookie`, by name.
    var cookies: [String: String] = [:]

    /// Whether `bytes` hold a whole head.
    static func isWhole(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 4 && bytes.suffix(4) == [13, 10, 13, 10]
            || bytes.firstRange(of: [13, 10, 13, 10]) != nil
    }

    /// Reads a head; nil: it is none that we answer.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.mostBytes, let end = bytes.firstRange(of: [13, 10, 13, 10]),
            bytes[..<end.lowerBound].allSatisfy({ $0 == 13 || $0 == 10 || (32..<127).contains($0) })
        else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "GET" || words[0] == "HEAD", words[1].hasPrefix("/"),
            words[2].hasPrefix("HTTP/1.")
        else { return nil }
        method = String(words[0])
        let parts = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        if parts.count == 2 {
            token = parts[1].split(separator: "&").first { $0.hasPrefix("token=") }
                .map { String($0.dropFirst("token=".count)) }
        }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmed
            switch line[..<colon].lowercased() {
            case "host":
                // Two of them are an attack or a fault (RFC 9112, 3.2).
                guard host == nil else { return nil }
                host = String(value)
            case "cookie": note(cookies: value)
            default: break
            }
        }
    }

    private mutating func note(cookies text: Substring) {
        for pair in text.split(separator: ";") {
            let parts = pair.trimmed.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { cookies[String(parts[0])] = String(parts[1]) }
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
