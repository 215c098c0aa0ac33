// SPDX-License-Identifier: Apache-2.0
//
// Mailman's REST API on this host, asked by curl(1) as alert scripts ask the world: the daemon opens
// no socket for it. The URL, the user and the password go in by standard input; nothing secret
// stands in an argument or an error. The mistake to avoid: following a redirect or a proxy, which
// would carry the password away.

internal import FoundationEssentials
internal import Loopback

/// The three switches of a list that make it hold every post, and keep quiet about it.
struct MailmanSwitches: Codable, Equatable {
    /// Every post is held for a moderator.
    var emergency: Bool
    /// Moderators are told of each held post by mail.
    var noticesToModerators: Bool
    /// Authors are told that their post is held.
    var noticesToAuthors: Bool

    enum CodingKeys: String, CodingKey, CaseIterable {
        case emergency
        case noticesToModerators = "admin_immed_notify"
        case noticesToAuthors = "respond_to_post_requests"
    }

    /// What stops a list.
    static let stopped = MailmanSwitches(
        emergency: true,
        noticesToModerators: false,
        noticesToAuthors: false
    )

    subscript(key: CodingKeys) -> Bool {
        switch key {
        case .emergency: emergency
        case .noticesToModerators: noticesToModerators
        case .noticesToAuthors: noticesToAuthors
        }
    }
}

/// Where Mailman's REST API is, and who may use it.
public struct MailmanREST: Sendable, Equatable {
    /// For example `http://127.0.0.1:8001/3.1`.
    public var url: String
    /// `admin_user` of its `[webservice]`.
    public var user: String
    /// `admin_pass`.
    public var password: String
    /// Longest wait for one answer.
    ///
    /// Chosen; one takes 20 to 100 ms.
    public var deadline: Duration = .seconds(10)

    /// An API at `url`.
    public init(url: String, user: String, password: String) {
        self.url = url
        self.user = user
        self.password = password
    }

    static let curl = "/usr/bin/curl"
    /// Bytes of an answer: 256 KiB.
    ///
    /// Chosen; a list's configuration has 4 KiB.
    static let answerLimit = 256 << 10

    /// Which Mailman answers there, in its own words; blocks.
    ///
    /// - Throws: ``HaltError`` when none does, or it will not have the user and password.
    public func version() throws(HaltError) -> String {
        struct Versions: Decodable { var mailman_version: String }
        guard let answer = try ask("system/versions"),
            let versions = try? JSONDecoder().decode(Versions.self, from: Data(answer))
        else { throw failure("ask for the version", "that is no Mailman's API") }
        return versions.mailman_version
    }

    /// The list's ID; nil when Mailman has no such list.
    func id(of list: String) throws(HaltError) -> String? {
        struct List: Decodable { var list_id: String }
        guard let answer = try ask("lists/\(Self.escaped(list))") else { return nil }
        let id: String
        do { id = try JSONDecoder().decode(List.self, from: Data(answer)).list_id } catch {
            throw failure("understand what is said of \(list)", "it has no list_id")
        }
        guard !id.isEmpty, id.utf8.count <= 254 else {
            throw failure("understand what is said of \(list)", "its list_id is none")
        }
        return id
    }

    /// The switches of the list with this ID; nil when there is none.
    func switches(of id: String) throws(HaltError) -> MailmanSwitches? {
        guard let answer = try ask("lists/\(Self.escaped(id))/config") else { return nil }
        do { return try JSONDecoder().decode(MailmanSwitches.self, from: Data(answer)) } catch {
            throw failure(
                "understand the configuration of \(id)",
                "a switch is missing; emergency is there since Mailman 3.3.2"
            )
        }
    }

    /// Sets some switches of the list with this ID, and only these.
    func set(
        _ keys: [MailmanSwitches.CodingKeys],
        to values: MailmanSwitches,
        of id: String
    ) throws(HaltError) {
        guard !keys.isEmpty else { return }
        let form = keys.map { "\($0.rawValue)=\(values[$0] ? "True" : "False")" }
        let path = "lists/\(Self.escaped(id))/config"
        guard try ask(path, patch: form.joined(separator: "&")) != nil else {
            throw failure("set the switches of \(id)", "the list is gone")
        }
    }

    /// The answer's body; nil for 404.
    private func ask(_ path: String, patch: String? = nil) throws(HaltError) -> [UInt8]? {
        let operation = patch == nil ? "ask Mailman" : "command Mailman"
        guard LoopbackURL.accepts(url) else {
            throw failure(operation, "the URL is not plain HTTP to this host")
        }
        guard !"\(user)\(password)".utf8.contains(where: { $0 < 0x20 }) else {
            throw failure(operation, "the user or the password has a line break")
        }
        let seconds = max(1, deadline.components.seconds)
        var program = Program(
            Self.curl,
            [
                "--disable", "--silent", "--show-error", "--proto", "=http", "--noproxy", "*",
                "--max-redirs", "0", "--max-time", "\(seconds)", "--max-filesize",
                "\(Self.answerLimit)", "--write-out", "\n%{http_code}", "--config", "-",
            ]
        )
        var lines = ["url = \(Self.quoted("\(url)/\(path)"))"]
        lines.append("user = \(Self.quoted("\(user):\(password)"))")
        if let patch { lines += ["request = PATCH", "data = \(Self.quoted(patch))"] }
        program.input = Array(lines.map { "\($0)\n" }.joined().utf8)
        let outcome = try program.run(deadline: deadline + .seconds(2))
        guard outcome.status == 0, let split = outcome.output.lastIndex(of: UInt8(ascii: "\n"))
        else {
            let said = String(decoding: outcome.messages.prefix(300), as: UTF8.self)
            let words = said.split(whereSeparator: \.isNewline).joined(separator: " ")
            throw failure(
                operation,
                words.isEmpty ? "curl ended with \(outcome.status)" : words,
                .unreachable
            )
        }
        let code = String(decoding: outcome.output[(split + 1)...], as: UTF8.self)
        switch code {
        case "200", "204": return Array(outcome.output[..<split])
        case "404": return nil
        case "401", "403": throw failure(operation, "HTTP \(code): wrong user or password")
        default: throw failure(operation, "HTTP \(code)")
        }
    }

    private func failure(
        _ operation: String,
        _ reason: String,
        _ code: HaltError.Code = .failed
    ) -> HaltError {
        HaltError(code: code, operation: operation, path: url, reason: reason)
    }

    /// A path's part: all but letters, digits and `-._~` as %XX.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if QueueID.isAllowed(byte) || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// A value of a curl configuration file.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
