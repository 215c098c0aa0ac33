// SPDX-License-Identifier: Apache-2.0
//
// Lines from other projects' test suites and from real daemons, kept outside the project because
// of their licences. Found at $LISTBREAKER_FIXTURES, else beside the project; tests that need them
// say so when they are not there.

import EventTime
import FoundationEssentials
import MailLog

#if canImport(Glibc)
    import Glibc
#endif

/// One record: a line, what it is expected to say, and journald's fields where it was captured.
struct Fixture {
    var id: String
    var file: String
    var program: String
    var message: String
    var expected: [String: JSONValue]?
    var journal: [String: JSONValue]?
    var isForged: Bool

    /// The folder of the records, or nil when it is not on this machine.
    static var directory: String? {
        let named = unsafe getenv("LISTBREAKER_FIXTURES").map { unsafe String(cString: $0) }
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let folder = (named ?? "/\(root)/shared/fixtures") + "/loglines"
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }

    /// Whether they are on this machine.
    static var isHere: Bool { directory != nil }

    /// All records of all files, by file name; nil when they are not on this machine.
    static func load() -> [(file: String, records: [Fixture])]? {
        guard let directory else { return nil }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".jsonl") }.sorted().map { name in
            (name, read("\(directory)/\(name)", name: name))
        }
    }

    private static func read(_ path: String, name: String) -> [Fixture] {
        guard let content = FileManager.default.contents(atPath: path) else { return [] }
        var records: [Fixture] = []
        var pending: [UInt8] = []
        for line in content.split(separator: 10) {
            // U+2028 inside a message was once written as a line break.
            pending += pending.isEmpty ? Array(line) : Array("\u{2028}".utf8) + Array(line)
            guard let record = JSONValue(pending) else { continue }
            pending = []
            records.append(Fixture(record, file: name))
        }
        return records
    }

    private init(_ record: JSONValue, file: String) {
        self.file = file
        id = record["id"]?.string ?? ""
        program = record["program"]?.string ?? ""
        message = record["message"]?.string ?? ""
        expected = record["expected"]?.object
        journal = record["journal"]?.object
        isForged = record["forged"] == .bool(true)
    }

    /// The record as a batch of one entry, with journald's fields where there are some.
    func batch() -> EntryBatch {
        var batch = EntryBatch()
        var entry = LogEntry(time: Timestamp(microseconds: 0))
        entry.message = batch.append(Array(message.utf8))
        let name = journal?["SYSLOG_IDENTIFIER"]?.string ?? program
        entry.identifier = batch.append(Array(name.utf8))
        if let journal {
            fill(&entry, of: journal, in: &batch)
        }
        batch.entries = [entry]
        return batch
    }

    private func fill(
        _ entry: inout LogEntry,
        of journal: [String: JSONValue],
        in batch: inout EntryBatch
    ) {
        switch journal["_TRANSPORT"]?.string {
        case nil: entry.transport = .absent
        case "syslog": entry.transport = .syslog
        case "driver": entry.transport = .driver
        default: entry.transport = .other
        }
        entry.uid = journal["_UID"]?.string.flatMap { UInt32($0) }
        entry.pid = journal["_PID"]?.string.flatMap { Int32($0) } ?? 0
        entry.syslogPid = journal["SYSLOG_PID"]?.string.flatMap { Int32($0) } ?? 0
        if let path = journal["_EXE"]?.string { entry.executable = batch.append(Array(path.utf8)) }
        if let unit = journal["_SYSTEMD_UNIT"]?.string {
            entry.unit = batch.append(Array(unit.utf8))
        }
        if journal["MESSAGE_ID"]?.string == "a596d6fe7bfa4994828e72309e95d61e" {
            entry.isSuppressionNotice = true
            entry.dropped = journal["N_DROPPED"]?.string.flatMap { Int64($0) } ?? 0
        }
    }
}
