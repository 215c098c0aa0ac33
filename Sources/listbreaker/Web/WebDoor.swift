// SPDX-License-Identifier: Apache-2.0
//
// Who may see the page. A port on loopback is open to every user of this host, and to every web page in a
// browser on it; so a token that only the terminal showed opens it once, and a cookie carries on. The mistake
// to avoid: an answer to a name that is not ours; a stranger's page could then read ours by DNS rebinding.

/// Lets one browser in.
struct WebDoor {
    /// What comes back.
    enum Answer: Equatable {
        /// The page.
        case page
        /// Away from the token, which must not stand in the address bar; with this cookie.
        case enter(cookie: String)
        /// Refused: a status and a sentence.
        case refused(Int, String)
    }

    /// The port that we listen on.
    let port: UInt16
    /// Opens once; nil: it did.
    private(set) var token: String?
    /// What the browser shows from then on.
    private let session: String

    /// A door with two secrets of at least 128 random bits.
    init(port: UInt16, token: String, session: String) {
        self.port = port
        self.token = token
        self.session = session
    }

    /// The cookie's name: browsers do not tell ports apart (RFC 6265, 8.5).
    var cookieName: String { "listbreaker-\(port)" }

    /// The address that opens the page once.
    var address: String { "http://127.0.0.1:\(port)/?token=\(token ?? "")" }

    /// What `request` gets.
    mutating func answer(_ request: WebRequest) -> Answer {
        guard ["127.0.0.1:\(port)", "localhost:\(port)"].contains(request.host ?? "") else {
            return .refused(421, "This is listbreaker on 127.0.0.1:\(port), and nothing else.")
        }
        guard request.path == "/" else { return .refused(404, "There is one page: /") }
        if let given = request.token, let token, Self.isEqual(given, token) {
            guard request.method == "GET" else { return .refused(405, "A token opens by GET.") }
            self.token = nil
            return .enter(
                cookie: "\(cookieName)=\(session); HttpOnly; SameSite=Strict; Path=/"
            )
        }
        if let shown = request.cookies[cookieName], Self.isEqual(shown, session) { return .page }
        return .refused(
            403,
            "The address that the terminal shows opens this page once, in one browser. For "
                + "another one, start listbreaker web again."
        )
    }

    /// Compares in a time that does not tell how much was right.
    private static func isEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
