// SPDX-License-Identifier: Apache-2.0
//
// A line as an entry in journald's export form, systemd.io/JOURNAL_EXPORT_FORMATS, with the fields
// and in the order that journald 252 stores for a Postfix line on Debian 12. Postfix's lines hold
// no control bytes, so the binary form is never needed.

internal import EventTime

/// Renders lines as journal entries.
public struct ExportForm: Sendable {
    private let machine: String
    private let start: Timestamp
    /// What is the same in every line of a program, up to the process id.
    private var heads: [String] = []
    private var middles: [String] = []
    private let tail: String
    private let unit: String
    private var stampSecond = Int64.min
    private var stamp = ""

    /// The form of `scenario`: host, machine and boot come from its name and seed.
    public init(_ scenario: Scenario) {
        var random = Randomness(seed: scenario.seed ^ 0x6d61_6368_696e_6521)
        func id() -> String {
            let parts = [random.next(), random.next()].map { part in
                let text = String(part, radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }
            return parts.joined()
        }
        machine = id()
        let boot = id()
        let invocation = id()
        start = scenario.start
        tail =
            "_BOOT_ID=\(boot)\n_MACHINE_ID=\(machine)\n_HOSTNAME=\(Self.short(scenario.host))\n\n"
        unit =
            "_SYSTEMD_CGROUP=/system.slice/system-postfix.slice/postfix@-.service\n"
            + "_SYSTEMD_UNIT=postfix@-.service\n_SYSTEMD_SLICE=system-postfix.slice\n"
            + "_SYSTEMD_INVOCATION_ID=\(invocation)\n"
        for program in MailProgram.allCases {
            let user = program.isRoot ? 0 : scenario.mailUser
            let group = program.isRoot ? 0 : scenario.mailUser &+ 3
            heads.append(
                "PRIORITY=6\n_UID=\(user)\n_GID=\(group)\n_TRANSPORT=syslog\nSYSLOG_FACILITY=2\n"
                    + "SYSLOG_IDENTIFIER=postfix/\(program.rawValue)\nSYSLOG_PID="
            )
            middles.append(
                "\n_COMM=\(program.rawValue)\n_EXE=/usr/lib/postfix/sbin/\(program.rawValue)\n"
                    + "_CMDLINE=\(program.commandLine)\n_CAP_EFFECTIVE=0\n"
            )
        }
    }

    /// Appends `line` to `bytes`.
    public mutating func append(_ line: LogLine, to bytes: inout [UInt8]) {
        let time = line.time.microseconds
        let program = line.program.number
        let pid = String(line.pid)
        func add(_ text: String) { bytes.append(contentsOf: text.utf8) }
        add("__REALTIME_TIMESTAMP=\(time)\n__MONOTONIC_TIMESTAMP=")
        add("\((line.time - start).microseconds + 1_000_000_000)\n")
        add(heads[program])
        add(pid)
        add("\nSYSLOG_TIMESTAMP=")
        add(syslogStamp(line.time))
        add("\nMESSAGE=")
        add(line.message)
        add("\n_PID=")
        add(pid)
        add(middles[program])
        if line.hasUnit { add(unit) }
        add("_SOURCE_REALTIME_TIMESTAMP=\(time - 31)\n")
        add(tail)
    }

    private static func short(_ host: String) -> Substring { host.prefix { $0 != "." } }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Nov 24 06:21:44 `, RFC 3164 section 4.1.2, in UTC; the blank at the end is journald's.
    private mutating func syslogStamp(_ time: Timestamp) -> String {
        guard time.seconds != stampSecond else { return stamp }
        stampSecond = time.seconds
        stamp = Self.date(time) + " " + Self.clock(time) + " "
        return stamp
    }

    private static func date(_ time: Timestamp) -> String {
        let date = CivilDate(daysSinceEpoch: days(time))
        return months[date.month - 1] + (date.day < 10 ? "  " : " ") + String(date.day)
    }

    private static func days(_ time: Timestamp) -> Int64 {
        (time.seconds - (time.seconds % 86400 + 86400) % 86400) / 86400
    }

    private static func clock(_ time: Timestamp) -> String {
        let second = (time.seconds % 86400 + 86400) % 86400
        return [second / 3600, second / 60 % 60, second % 60].map { part in
            part < 10 ? "0\(part)" : "\(part)"
        }.joined(separator: ":")
    }

    /// `Fri, 20 Nov 2026 18:00:00 +0000`: a Date header, RFC 5322 section 3.3.
    static func mailDate(_ time: Timestamp) -> String {
        let date = CivilDate(daysSinceEpoch: days(time))
        let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][date.weekday]
        return "\(day), \(date.day) \(months[date.month - 1]) \(date.year) \(clock(time)) +0000"
    }
}
