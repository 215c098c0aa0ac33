// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: what may happen to a line on its way from Postfix into a journal: journald keeps none, another
// program has the socket, or nobody can tell who wrote it. In each case the daemon is blind and cannot know why.

internal import Glibc
internal import Words

/// The way of a log line.
enum LogRoad {
    /// Where journald's settings are; drop-ins count more than the file.
    private static let folders = [
        "/usr/lib/systemd/journald.conf.d", "/run/systemd/journald.conf.d",
        "/etc/systemd/journald.conf.d",
    ]
    private static let socket = "/run/systemd/journal/dev-log"

    /// What was found on this host; nothing where lines arrive.
    static var findings: [Finding] {
        let settings = journald()
        return [storage(settings), level(settings), device("/dev/log", socket: socket)]
            .compactMap { $0 }
    }

    /// What journald is told, by key.
    static func journald() -> [String: String] {
        var paths = ["/etc/systemd/journald.conf"]
        let dropIns = folders.flatMap { folder in
            (TextFile.names(in: folder) ?? []).filter { $0.hasSuffix(".conf") }
                .map { (name: $0, path: "\(folder)/\($0)") }
        }
        paths += dropIns.sorted { $0.name < $1.name }.map(\.path)
        var values: [String: String] = [:]
        for path in paths {
            guard let bytes = try? TextFile.read(path) else { continue }
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                values[String(parts[0]).trimmingBlanks] = String(parts[1]).trimmingBlanks
            }
        }
        return values
    }

    /// What journald's settings `values` do to its files, journald.conf(5).
    static func storage(_ values: [String: String]) -> Finding? {
        guard values["Storage"] == "none" else { return nil }
        // The last name counts, and a site may have called its own zz-something.
        let path = "/etc/systemd/journald.conf.d/zzz-listbreaker-storage.conf"
        return .problem(
            "journald",
            "it keeps no line (Storage=none), so that there is nothing to read",
            fix: "mkdir -p /etc/systemd/journald.conf.d && printf '[Journal]\\nStorage=auto\\n' "
                + ">\(path) && systemctl restart systemd-journald"
        )
    }

    /// Whether journald's settings `values` have it throw away what mail servers log: `info`, journald.conf(5).
    static func level(_ values: [String: String]) -> Finding? {
        let lower = [
            "emerg", "alert", "crit", "err", "warning", "notice", "0", "1", "2", "3", "4", "5",
        ]
        guard let most = values["MaxLevelStore"], lower.contains(most) else { return nil }
        let path = "/etc/systemd/journald.conf.d/zzz-listbreaker-level.conf"
        return .problem(
            "journald",
            "it keeps no line of the level info (MaxLevelStore=\(most)), which is what mail servers log",
            fix:
                "mkdir -p /etc/systemd/journald.conf.d && printf '[Journal]\\nMaxLevelStore=debug\\n' "
                + ">\(path) && systemctl restart systemd-journald"
        )
    }

    /// Whether `path`, where syslog(3) writes, is journald's `socket`; nil too where journald does not run.
    static func device(_ path: String, socket: String) -> Finding? {
        var (here, there) = (stat(), stat())
        guard unsafe stat(socket, &there) == 0 else { return nil }
        let isThere = unsafe stat(path, &here) == 0
        if isThere, here.st_dev == there.st_dev, here.st_ino == there.st_ino { return nil }
        return .problem(
            "syslog",
            isThere
                ? "\(path) is another program's socket, not journald's: what mail servers log goes past "
                    + "the journal (rsyslog's imuxsock?)"
                : "there is no \(path): what mail servers log goes nowhere",
            fix: "ln -sf \(socket) \(path) && systemctl restart systemd-journald"
        )
    }

    /// What Postfix's `syslog_name` does to its lines; `at` is what postconf(1) is to be told before.
    ///
    /// journald takes for the identifier what stands before the first blank, and only where that ends in a
    /// colon (its `syslog_parse_identifier`).
    static func name(_ name: String, at: String) -> Finding? {
        guard name.contains(where: { $0 == " " || $0 == "\t" || $0 == ":" }) else { return nil }
        let better = String(name.map { " \t:".contains($0) ? "-" : $0 })
        return .problem(
            "postfix",
            "its name '\(name)' (syslog_name) has a blank or a colon: nobody can tell its lines in the journal",
            fix:
                "postconf \(at) syslog_name=\(shellWord(better)) && postfix \(at) stop && postfix \(at) "
                + "start"
        )
    }
}
