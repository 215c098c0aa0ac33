// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: is the mail server that runs the one whose log is read. It looks through /proc for the
// servers that we know, in containers too, and compares them with whose lines are in the journal.

internal import Engine
internal import Glibc
internal import Linux
internal import MailLog
internal import Words

/// The mail servers that run on this host.
struct ServerExam {
    /// One server.
    struct Server: Equatable {
        /// Which one.
        var dialect: Dialect
        /// The unit that it runs in; empty: none.
        var unit: String
        /// Its program.
        var program: String
    }

    /// Those that run.
    let servers: [Server]
    /// Where Debian's Exim takes a site's own lines from; nil: there is no Exim of Debian's.
    var eximMacros = Self.findEximMacros()

    /// Whole or split configuration: update-exim4.conf(8).
    private static func findEximMacros() -> String? {
        guard HostStep.isInstalled("/usr/sbin/update-exim4.conf") else { return nil }
        let text = (try? TextFile.read("/etc/exim4/update-exim4.conf.conf")) ?? []
        let isSplit = String(decoding: text, as: UTF8.self).contains("dc_use_split_config='true'")
        return "/etc/exim4/" + (isSplit ? "conf.d/main/000_localmacros" : "exim4.conf.localmacros")
    }

    /// Looks through `folder`, proc(5).
    init(proc folder: String = "/proc") {
        let numbers = ((try? Folder.names(in: folder)) ?? []).filter { Int32($0) != nil }
        var servers: [Server] = []
        for number in numbers {
            guard let program = Self.link("\(folder)/\(number)/exe"),
                let dialect = Self.dialect(of: program)
            else { continue }
            let groups = (try? TextFile.read("\(folder)/\(number)/cgroup")) ?? []
            let server = Server(
                dialect: dialect,
                unit: Self.unit(of: String(decoding: groups, as: UTF8.self)),
                program: program
            )
            if !servers.contains(server) { servers.append(server) }
        }
        self.servers = servers.sorted { ($0.program, $0.unit) < ($1.program, $1.unit) }
    }

    /// Those that are known to run; for tests.
    init(servers: [Server]) { self.servers = servers }

    /// What follows, where `lines` says how many believed lines of each there are; one finding a server.
    func findings(lines: [Dialect: Int]) -> [Finding] {
        var seen: [Dialect] = []
        for server in servers where !seen.contains(server.dialect) { seen.append(server.dialect) }
        return seen.map { dialect in
            let units = servers.filter { $0.dialect == dialect && !$0.unit.isEmpty }.map(\.unit)
            let name = dialect.server
            let place = units.isEmpty ? "" : " in \(units.joined(separator: " and "))"
            if let count = lines[dialect], count > 0 {
                return .ok("server", "\(name) runs\(place), and its lines are read")
            }
            return .problem(
                "server",
                "\(name) runs\(place), and not one line of it is believed within the last days",
                fix: fix(dialect)
            )
        }
    }

    /// Which server `program` is the main process of.
    static func dialect(of program: String) -> Dialect? {
        let path = program.hasSuffix(" (deleted)") ? String(program.dropLast(10)) : program
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return nil }
        switch name {
        case "master": return parts.contains("postfix") ? .postfix : nil
        case "exim", "exim4": return .exim
        case "sendmail-mta", "sendmail.sendmail": return .sendmail
        // Postfix and others have a program of that name in /usr/sbin.
        case "sendmail":
            let folders = parts.dropLast()
            return folders.contains("sendmail") || folders.contains("sm.bin") ? .sendmail : nil
        case "smtpd": return parts.contains("sbin") && parts.count == 3 ? .opensmtpd : nil
        default: return nil
        }
    }

    /// The unit that the text of a `cgroup` file names; empty: none.
    static func unit(of groups: String) -> String {
        let path = groups.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? ""
        // A container's own units lie below the scope that this host's systemd gave it.
        let unit = path.split(separator: "/").first { part in
            part.hasSuffix(".scope") || part.hasSuffix(".service")
        }
        return unit.map { shown(String($0)) } ?? ""
    }

    private func fix(_ dialect: Dialect) -> String {
        switch dialect {
        case .postfix: "postconf maillog_file syslog_facility; journalctl SYSLOG_FACILITY=2 -n 5"
        case .exim where eximMacros != nil:
            "echo 'log_file_path = syslog' >>\(eximMacros ?? "") && update-exim4.conf "
                + "&& systemctl restart exim4"
        case .exim: "exim -bP log_file_path; it must say syslog"
        case .sendmail, .opensmtpd, .none, .mailman, .sympa, .mlmmj:
            "journalctl SYSLOG_FACILITY=2 -n 5"
        }
    }

    private static func link(_ path: String) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { room in
            guard let start = room.baseAddress else { return nil }
            let count = unsafe readlink(path, start, 4095)
            guard count > 0 else { return nil }
            unsafe start[count] = 0
            return unsafe String(cString: start)
        }
    }
}
