// SPDX-License-Identifier: Apache-2.0
//
// Which mail servers run on this host, as far as one may see it who has no privilege and to whom other
// users' processes are hidden (ProtectProc=invisible): systemd's control groups name the units that
// have processes, and /proc/self/net who listens. The mistake to avoid: units that a user may
// make; only the system's are looked at.

internal import Engine
internal import Linux
internal import MailLog

/// The mail servers that run.
struct RunningServers: Sendable, Equatable {
    /// Those whose unit has processes.
    var servers: [RunningServer] = []
    /// Whether anything takes connections on port 25.
    var listens = false

    /// Where systemd keeps its control groups, by the version of their hierarchy.
    private static let roots = ["", "/systemd", "/unified"]
    /// Bytes that are read of a file; chosen, 5,000 sockets.
    private static let most = 1 << 20

    /// Looks below `groups` and into the tables in `net`.
    static func find(
        groups: String = "/sys/fs/cgroup",
        net: String = "/proc/self/net"
    ) -> RunningServers {
        var found = RunningServers()
        for root in roots {
            let slice = "\(groups)\(root)/system.slice"
            found.look(in: slice)
            found.look(in: "\(slice)/system-postfix.slice")
        }
        found.listens = ["tcp", "tcp6"].contains { listens(text("\(net)/\($0)")) }
        return found
    }

    /// Adds the servers whose unit lies in `slice` and has processes.
    private mutating func look(in slice: String) {
        for unit in ((try? Folder.names(in: slice)) ?? []).sorted() {
            guard let dialect = Self.dialect(of: unit),
                !servers.contains(where: { $0.unit == unit }),
                Self.isPopulated("\(slice)/\(unit)")
            else { continue }
            servers.append(RunningServer(dialect: dialect, unit: unit))
        }
    }

    /// Which server runs in `unit`; nil: none that we know.
    static func dialect(of unit: String) -> Dialect? {
        guard unit.hasSuffix(".service") else { return nil }
        switch unit.dropLast(".service".count).split(separator: "@").first {
        case "postfix": return .postfix
        case "exim", "exim4": return .exim
        case "sendmail", "sm-mta": return .sendmail
        case "opensmtpd", "smtpd": return .opensmtpd
        default: return nil
        }
    }

    /// Whether the group has a process, in itself or below: `cgroup.events` of cgroups(7), or, in the
    /// older hierarchy, the list of its own.
    private static func isPopulated(_ group: String) -> Bool {
        let events = text("\(group)/cgroup.events")
        if !events.isEmpty { return events.contains("populated 1") }
        return !text("\(group)/cgroup.procs").isEmpty
    }

    /// Whether the table `text`, proc_net(5), has a socket that listens on port 25.
    static func listens(_ text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            // sl, local_address, rem_address, st; 0A is LISTEN.
            return fields.count > 3 && fields[1].hasSuffix(":0019") && fields[3] == "0A"
        }
    }

    private static func text(_ path: String) -> String {
        let bytes = (try? WholeFile.start(of: path, most)) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self)
    }
}
