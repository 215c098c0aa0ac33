// SPDX-License-Identifier: Apache-2.0
//
// journald's rate limit: which unit Postfix logs from, and what lifts the limit for it. The mistake
// to avoid: LogRateLimitIntervalSec=0 in a unit means journald's own limit, not none (systemd's issue
// 22034); only in journald.conf does 0 lift it.

/// The rate limit of Postfix's unit.
enum RateLimit {
    /// Lines a second that the drop-in lets through; chosen: Postfix alone cannot write so many.
    static let linesPerSecond = 1_000_000

    /// The drop-in's text.
    static let dropIn = """
        [Service]
        LogRateLimitIntervalSec=1s
        LogRateLimitBurst=\(linesPerSecond)
        """

    /// The unit that Postfix's daemons run in.
    ///
    /// Debian 12 has a `postfix.service` that only runs /bin/true, and the daemons in
    /// `postfix@-.service`; elsewhere they are in `postfix.service`.
    static var unit: String {
        let paths = [
            "/lib/systemd/system/postfix.service", "/usr/lib/systemd/system/postfix.service",
        ]
        for path in paths {
            guard let bytes = try? TextFile.read(path) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            return text.contains("ExecStart=/bin/true") ? "postfix@-.service" : "postfix.service"
        }
        return "postfix.service"
    }

    /// Where a drop-in for ``unit`` belongs.
    static var dropInPath: String {
        "/etc/systemd/system/\(unit == "postfix@-.service" ? "postfix@" : "postfix").service.d/"
            + "listbreaker-log.conf"
    }
}
