// SPDX-License-Identifier: Apache-2.0
//
// journald's rate limit: which unit the mail server logs from, and what lifts the limit for it. The mistake
// to avoid: LogRateLimitIntervalSec=0 in a unit means journald's own limit, not none (systemd's issue
// 22034); only in journald.conf does 0 lift it.

internal import MailLog
internal import Words

/// The rate limit of the mail server's unit.
struct RateLimit: Equatable {
    /// Lines a second that the drop-in lets through; chosen: a mail server alone cannot write so many.
    static let linesPerSecond = 1_000_000

    /// The drop-in's text.
    static let dropIn = """
        [Service]
        LogRateLimitIntervalSec=1s
        LogRateLimitBurst=\(linesPerSecond)
        """

    /// The unit that its daemons run in; nil: none, and journald's own limit counts.
    let unit: String?

    /// That of the unit that Postfix's daemons run in.
    ///
    /// Debian 12 has a `postfix.service` that only runs /bin/true, and the daemons in
    /// `postfix@-.service`; elsewhere they are in `postfix.service`.
    static var postfix: RateLimit {
        let paths = [
            "/lib/systemd/system/postfix.service", "/usr/lib/systemd/system/postfix.service",
        ]
        for path in paths {
            guard let bytes = try? TextFile.read(path) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            let isEmpty = text.contains("ExecStart=/bin/true")
            return RateLimit(unit: isEmpty ? "postfix@-.service" : "postfix.service")
        }
        return RateLimit(unit: "postfix.service")
    }

    /// That of the servers that run; where none does, or Postfix is among them, that of Postfix.
    static func of(_ servers: [ServerExam.Server]) -> RateLimit {
        guard !servers.isEmpty, !servers.contains(where: { $0.dialect == .postfix }) else {
            return .postfix
        }
        // What a person started by hand is in his own user@UID.service.
        let units = servers.map(\.unit).filter { !$0.hasPrefix("user@") }
        return RateLimit(unit: units.first { $0.hasSuffix(".service") })
    }

    /// Where a drop-in for ``unit`` belongs; nil: there is no unit.
    var dropInPath: String? {
        guard let unit, let end = unit.firstIndex(of: "@") ?? unit.lastIndex(of: ".") else {
            return nil
        }
        let name = unit[end] == "@" ? unit[...end] : unit[..<end]
        return "/etc/systemd/system/\(name).service.d/listbreaker-log.conf"
    }

    /// A command that lifts it.
    var fix: String {
        guard let unit, let path = dropInPath else {
            let example = "/usr/share/doc/listbreaker/examples/journald-ratelimit.conf"
            return "install -D -m 644 \(example) /etc/systemd/journald.conf.d/listbreaker.conf "
                + "&& systemctl restart systemd-journald"
        }
        let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
        let text = Self.dropIn.split(separator: "\n").joined(separator: #"\n"#)
        // Of postfix@-.service the whole Postfix: its instances are parts of it.
        let service = String(unit.prefix { $0 != "@" && $0 != "." })
        return "mkdir -p \(shellWord(folder)) && printf '\(text)\\n' >\(shellWord(path)) "
            + "&& systemctl daemon-reload && systemctl restart \(shellWord(service))"
    }
}
