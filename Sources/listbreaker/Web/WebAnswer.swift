// SPDX-License-Identifier: Apache-2.0
//
// Responses of `listbreaker web`, as bytes. None is kept anywhere, framed, guessed at, or names us to
// another site.

/// Builds HTTP responses; RFC 9110.
enum WebAnswer {
    private static let reasons = [
        200: "OK", 303: "See Other", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 421: "Misdirected Request",
    ]

    /// The page; `isHead`: its head alone.
    static func page(_ html: String, isHead: Bool) -> [UInt8] {
        response(200, "text/html", html, isHead: isHead)
    }

    /// Away from the token, with the cookie that replaces it.
    static func entry(_ cookie: String) -> [UInt8] {
        response(303, "text/plain", "/\n", more: ["Location: /", "Set-Cookie: \(cookie)"])
    }

    /// A status that is no page, with a sentence for people.
    static func refusal(_ status: Int, _ sentence: String) -> [UInt8] {
        response(status, "text/plain", sentence + "\n")
    }

    private static func response(
        _ status: Int,
        _ type: String,
        _ body: String,
        isHead: Bool = false,
        more: [String] = []
    ) -> [UInt8] {
        let body = Array(body.utf8)
        let head =
            [
                "HTTP/1.1 \(status) \(reasons[status] ?? "Error")",
                "Content-Type: \(type); charset=utf-8", "Content-Length: \(body.count)",
                "Connection: close", "Cache-Control: no-store", "Referrer-Policy: no-referrer",
                "X-Content-Type-Options: nosniff", "Cross-Origin-Resource-Policy: same-origin",
                "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
                    + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            ] + more
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (isHead ? [] : body)
    }
}
