// SPDX-License-Identifier: Apache-2.0
//
// What has to be known of Exim, asked from exim(8) itself, never guessed: which file it reads, where
// its spool and its pid file are. It takes 20 ms, and is asked anew for each verb.

internal import Glibc
internal import HaltWire

/// One Exim and its files.
struct EximSite: Equatable {
    /// For example `/usr/sbin/exim4`.
    let program: String
    /// The first file of Exim's search path, which wins when it exists; the block goes there.
    let first: String
    /// The file that Exim reads when nothing is halted by a file of ours.
    let active: String
    /// For example `/var/spool/exim4`.
    let spool: String
    /// For example `/run/exim4/exim.pid`.
    let pidFile: String
    /// The value of `hold_domains`; ours while the block stands.
    let held: String

    /// Where Debian and others put it.
    static let programs = ["/usr/sbin/exim4", "/usr/sbin/exim"]
    /// Deadline of a question: 5 s.
    ///
    /// Chosen; it takes 10 ms.
    static let questionDeadline = Duration.seconds(5)

    /// The Exim that is installed; nil when there is none.
    static var installed: String? {
        programs.first { unsafe access($0, X_OK) == 0 }
    }

    /// Asks the Exim at `program`.
    ///
    /// - Throws: ``HaltError`` when it cannot be run or its configuration is broken.
    init(program: String) throws(HaltError) {
        self.program = program
        let version = try Program(program, ["-bV"]).check(deadline: Self.questionDeadline).text
        var path: [String] = []
        var active: String?
        for line in version.split(separator: "\n") {
            if let rest = Self.rest(line, after: "Configuration file search path is ") {
                path = rest.split(separator: ":").map(String.init)
            }
            active = Self.rest(line, after: "Configuration file is ") ?? active
        }
        guard let active, active.hasPrefix("/") else {
            throw HaltError(
                code: .failed,
                operation: "learn which configuration is read by",
                path: program,
                reason: "exim -bV does not say"
            )
        }
        first = path.first { $0.hasPrefix("/") } ?? active
        self.active = active
        spool = try Self.value("spool_directory", of: program)
        let pidFile = try Self.value("pid_file_path", of: program)
        held = try Self.value("hold_domains", of: program)
        guard spool.hasPrefix("/") else {
            throw HaltError(
                code: .failed,
                operation: "learn the spool directory of",
                path: program,
                reason: "exim -bP says '\(spool.prefix(200))'"
            )
        }
        // Where none is set it is in the spool, Exim's specification, "pid_file_path".
        self.pidFile = pidFile.hasPrefix("/") ? pidFile : "\(spool)/exim-daemon.pid"
    }

    private static func value(_ name: String, of program: String) throws(HaltError) -> String {
        let text = try Program(program, ["-bP", name]).check(deadline: questionDeadline).text
        let line = text.split(separator: "\n").first ?? ""
        return rest(line, after: "\(name) = ") ?? ""
    }

    private static func rest(_ line: Substring, after start: String) -> String? {
        line.hasPrefix(start) ? String(line.dropFirst(start.count)) : nil
    }
}
