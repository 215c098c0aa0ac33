// SPDX-License-Identifier: Apache-2.0
//
// Makes real journals for the tests: export text turned into files by systemd-journal-remote, a
// live journal fed through its pipe, and journald itself in a mount namespace of its own. Nothing
// here replaces sd-journal or journald by a stub.

import EventTime
import Glibc
import Linux
import MailLog
import Testing

@testable import Journal

/// A failure of the workshop itself.
struct WorkshopError: Error { var text: String }

/// One entry in journald's export form, systemd.io/JOURNAL_EXPORT_FORMATS.
struct TestEntry {
    var time: Timestamp
    var fields: [(String, [UInt8])]
    var boot = Workshop.boot
    /// Microseconds since the boot; nil: as if it had been long ago.
    var monotonic: Int64?

    /// 2026-11-20 18:00 UTC: where the tests' entries begin.
    static let start = Timestamp(seconds: 1_795_197_600)

    /// A genuine-looking line of qmgr, `second` after the start.
    static func mail(
        _ message: String,
        second: Int64,
        machine: String = Workshop.machine
    ) -> TestEntry {
        mail(Array(message.utf8), second: second, machine: machine)
    }

    static func mail(
        _ message: [UInt8],
        second: Int64,
        machine: String = Workshop.machine
    ) -> TestEntry {
        TestEntry(
            time: start + .seconds(second),
            fields: [
                ("_TRANSPORT", "syslog"), ("_UID", "104"), ("_GID", "109"), ("_PID", "812"),
                ("_COMM", "qmgr"), ("_EXE", "/usr/lib/postfix/sbin/qmgr"),
                ("_SYSTEMD_UNIT", "postfix@-.service"), ("_MACHINE_ID", machine),
                ("_HOSTNAME", "mx"), ("PRIORITY", "6"), ("SYSLOG_FACILITY", "2"),
                ("SYSLOG_IDENTIFIER", "postfix/qmgr"), ("SYSLOG_PID", "812"),
            ].map { name, value in (name, Array(value.utf8)) } + [("MESSAGE", message)]
        )
    }

    /// The export form of the entry.
    var export: [UInt8] {
        var bytes: [UInt8] = []
        func line(_ text: String) { bytes += Array(text.utf8) + [10] }
        line("__REALTIME_TIMESTAMP=\(time.microseconds)")
        line(
            "__MONOTONIC_TIMESTAMP=\(monotonic ?? time.microseconds - 1_790_000_000_000_000)"
        )
        line("_BOOT_ID=\(boot)")
        for (name, value) in fields {
            if value.allSatisfy({ byte in byte >= 32 && byte < 127 }) {
                bytes += Array(name.utf8) + [61] + value + [10]
            } else {
                line(name)
                let count = UInt64(value.count)
                bytes += (0..<8).map { shift in UInt8(truncatingIfNeeded: count >> (8 * shift)) }
                bytes += value + [10]
            }
        }
        return bytes + [10]
    }
}

/// A folder of its own, with tools to make journals in it.
final class Workshop {
    static let machine = "0123456789abcdef0123456789abcdef"
    static let boot = "fedcba9876543210fedcba9876543210"
    static let remote = "/lib/systemd/systemd-journal-remote"

    static let spawning = Guarded(())

    let path: String

    /// Makes the folder; throws, loudly, when systemd-journal-remote is not installed.
    init() throws {
        guard unsafe access(Self.remote, X_OK) == 0 else {
            print("MISSING: \(Self.remote); apt-get install systemd-journal-remote")
            throw WorkshopError(text: "systemd-journal-remote is not installed")
        }
        var template = Array("/tmp/listbreaker-journal-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw WorkshopError(text: "mkdtemp") }
        path = String(
            decoding: template.dropLast().map { byte in UInt8(bitPattern: byte) },
            as: UTF8.self
        )
    }

    deinit { Self.run(["rm", "-rf", path]) }

    /// Writes `entries` into the journal file `name` of the folder.
    @discardableResult
    func write(
        _ entries: [TestEntry],
        to name: String,
        environment: [String] = []
    ) throws -> String {
        let journal = "\(path)/\(name)"
        let live = try LiveJournal(file: journal, environment: environment)
        try live.append(entries)
        try live.finish()
        return journal
    }

    /// Runs a program, found in PATH, to its end.
    @discardableResult
    static func run(_ words: [String]) -> Int32 {
        let started = spawning.withLock { _ in spawn(words, input: -1) }
        guard let child = started else { return 127 }
        return wait(child)
    }

    static func wait(_ child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return (status >> 8) & 0xff
    }

    static func spawn(_ words: [String], input: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if input >= 0 { unsafe posix_spawn_file_actions_adddup2(&actions, input, 0) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let copies = unsafe words.map { word in unsafe strdup(word) }
        defer { unsafe copies.forEach { copy in unsafe free(copy) } }
        var child: pid_t = 0
        guard
            unsafe posix_spawnp(&child, words[0], &actions, nil, copies + [nil], environ) == 0
        else { return nil }
        return child
    }
}

/// A journal file that grows: systemd-journal-remote at the other end of a pipe.
final class LiveJournal {
    let file: String
    private let child: pid_t
    private var pipe: Int32

    /// `environment` has words like `SYSTEMD_JOURNAL_COMPACT=0`.
    init(file: String, environment: [String] = []) throws {
        self.file = file
        var ends: [Int32] = [0, 0]
        let words = ["env"] + environment + [Workshop.remote, "--output=\(file)", "-"]
        // Under a lock: a child of another test must not inherit the writing end, or the end of
        // this journal would never come.
        let started = Workshop.spawning.withLock { _ in
            guard unsafe Glibc.pipe(&ends) == 0 else { return nil as pid_t? }
            _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
            _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
            defer { close(ends[0]) }
            return Workshop.spawn(words, input: ends[0])
        }
        guard let child = started else {
            throw WorkshopError(text: "cannot start \(Workshop.remote)")
        }
        self.child = child
        pipe = ends[1]
    }

    deinit {
        if pipe >= 0 { try? finish() }
    }

    func append(_ entries: [TestEntry]) throws {
        let bytes = entries.flatMap { entry in entry.export }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: all[sent...])
                return unsafe Glibc.write(pipe, rest.baseAddress, rest.count)
            }
            guard count > 0 else { throw WorkshopError(text: "cannot feed the journal") }
            sent += count
        }
    }

    /// Closes the pipe and waits until the file is complete.
    func finish() throws {
        close(pipe)
        pipe = -1
        guard Workshop.wait(child) == 0 else {
            throw WorkshopError(text: "systemd-journal-remote failed on \(file)")
        }
    }
}

/// Every entry from `start` on, with the text of each message.
func messages(
    _ source: JournalSource,
    from start: ReadStart = .head,
    limit: Int = 100,
    extra: [String] = []
) throws -> [String] {
    let reader = try JournalReader(source: source, start: start, extraMatches: extra)
    var batch = EntryBatch()
    var found: [String] = []
    while try reader.read(into: &batch, limit: limit) {
        found += batch.entries.map { entry in batch.text(entry.message) }
    }
    return found
}
