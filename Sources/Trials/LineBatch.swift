// SPDX-License-Identifier: Apache-2.0
//
// Simulated lines as journald would hand them over. The mistake to avoid: leaving out a field that
// decides whether a line is believed.

public import MailLog
public import StormSimulator

/// Lines that are handed to the engine together.
public struct LineBatch: Sendable {
    /// The lines so far.
    public var entries = EntryBatch()
    private let mailUser: UInt32
    private var unit = ByteRange.absent

    /// An empty batch of the host of `scenario`.
    public init(_ scenario: Scenario) { mailUser = scenario.mailUser }

    /// Empties the batch.
    public mutating func removeAll() {
        entries.removeAll()
        unit = .absent
    }

    /// Adds `line` with the fields that journald adds.
    public mutating func append(_ line: LogLine) {
        if entries.entries.isEmpty { unit = entries.append("postfix@-.service".utf8) }
        var entry = LogEntry(time: line.time)
        let name = line.program.rawValue
        entry.message = entries.append(line.message.utf8)
        entry.identifier = entries.append("postfix/\(name)".utf8)
        entry.executable = entries.append("/usr/lib/postfix/sbin/\(name)".utf8)
        entry.transport = .syslog
        entry.uid = line.program.isRoot ? 0 : mailUser
        entry.pid = line.pid
        entry.syslogPid = line.pid
        entry.unit = line.hasUnit ? unit : .absent
        entries.entries.append(entry)
    }
}
