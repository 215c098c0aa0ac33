// SPDX-License-Identifier: Apache-2.0
//
// mail.log files as batches of entries, oldest file first. Traditional stamps have no year: it is
// inferred from when the file was written and how often its months wrap round. Such lines carry no
// proof of who wrote them; replay believes them because nothing is done about them.

internal import Control
internal import EventTime
internal import Glibc
internal import MailLog

/// Log files in the order of their first lines.
struct SyslogFiles {
    private var files: [SyslogYears]
    private let since: Timestamp?
    /// What the current file is read from.
    private var spool: Spool?
    private var current: (stream: LineStream, stamps: SyslogStamps, unread: UnreadLines)?
    /// Bytes of all files, and of those that were read to their end.
    private let size: Int64
    private var done: Int64 = 0
    /// What could not be read so far.
    private(set) var damage: [String] = []
    /// Whether nine tenths of the lines of each file were read.
    private(set) var isUnderstood = true

    /// Looks at each of `paths` once, for its years.
    ///
    /// Throws ``Failure`` when one cannot be read.
    init(_ paths: [String], since: Timestamp?) throws {
        self.since = since
        files = try paths.map { try SyslogYears(Spool($0)) }
            .sorted { $0.start < $1.start }
        size = files.reduce(0) { $0 + $1.size }
    }

    /// How much of the files was read, 0 to 1.
    var share: Double {
        let position = current?.stream.position ?? 0
        return size > 0 ? min(1, Double(done + max(0, position)) / Double(size)) : 1
    }

    /// Replaces what is in `batch` by the next entries; false at the end of the last file.
    mutating func read(into batch: inout EntryBatch, limit: Int) throws -> Bool {
        batch.removeAll()
        while batch.entries.count < limit, batch.bytes.count < 1 << 20 {
            if current == nil {
                guard !files.isEmpty else { break }
                let file = files.removeFirst()
                current = (
                    try LineStream(path: file.spool.path, name: file.spool.name),
                    SyslogStamps(year: file.firstYear), UnreadLines(path: file.spool.name)
                )
                spool = file.spool
            }
            guard let line = current?.stream.next() else {
                if let lost = current?.stream.damage { damage.append(lost) }
                if let lost = current?.unread.complaint {
                    damage.append(lost)
                    isUnderstood = false
                }
                done += max(0, current?.stream.position ?? 0)
                current = nil
                continue
            }
            guard let (time, rest) = current?.stamps.read(line) else {
                current?.unread.note(line)
                continue
            }
            if let since, time < since { continue }
            let read =
                Self.isExim(rest) ? exim(time, line, in: &batch) : entry(time, rest, in: &batch)
            guard let entry = read else {
                current?.unread.note(line)
                continue
            }
            current?.unread.read += 1
            let times = batch.takeRepetition(of: entry)
            for _ in 0..<times.count { batch.entries.append(times.entry) }
        }
        return !batch.entries.isEmpty
    }

    /// Whether what follows a stamp begins with the id of a message as Exim's own log has it, behind
    /// `[123]` where `log_selector` has `+pid`: `1r6Bwb-000000002h3-2n4V`, before 4.97 shorter.
    static func isExim(_ rest: ArraySlice<UInt8>) -> Bool {
        let blank = UInt8(ascii: " ")
        var words = rest.split(separator: blank, maxSplits: 3, omittingEmptySubsequences: true)
        if words.first?.first == UInt8(ascii: "[") { words.removeFirst() }
        guard words.count >= 2 else { return false }
        let parts = words[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let lengths = parts.map(\.count)
        guard lengths == [6, 6, 2] || lengths == [6, 11, 4] else { return false }
        return parts.allSatisfy { part in
            part.allSatisfy { $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 }
        }
    }

    /// The entry of a line of Exim's own log, which names no program.
    private func exim(
        _ time: Timestamp,
        _ line: ArraySlice<UInt8>,
        in batch: inout EntryBatch
    ) -> LogEntry? {
        let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        var entry = LogEntry(time: time)
        entry.identifier = batch.append("exim".utf8)
        entry.isCut = text.count > EntryBatch.longestField
        entry.message = batch.append(text)
        return entry
    }

    /// The entry of what follows a stamp; nil when it is no line of a program.
    private func entry(
        _ time: Timestamp,
        _ rest: ArraySlice<UInt8>,
        in batch: inout EntryBatch
    ) -> LogEntry? {
        let blank = UInt8(ascii: " ")
        // HOST IDENT[PID]: MESSAGE, and a carriage return where the file passed through Windows.
        let text = rest.last == UInt8(ascii: "\r") ? rest.dropLast() : rest
        let host = text.drop(while: { $0 == blank })
        let ident = host.drop(while: { $0 != blank }).drop(while: { $0 == blank })
        guard
            let end = ident.firstIndex(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: ":") }
            ),
            end > ident.startIndex
        else { return nil }
        var entry = LogEntry(time: time)
        var message = ident[end...]
        if message.first == UInt8(ascii: "[") {
            let digits = message.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
            entry.syslogPid = Int32(String(decoding: digits.prefix(9), as: UTF8.self)) ?? 0
            message = message.dropFirst(1 + digits.count)
            guard message.first == UInt8(ascii: "]") else { return nil }
            message = message.dropFirst()
        }
        guard message.first == UInt8(ascii: ":") else { return nil }
        message = message.dropFirst().drop(while: { $0 == blank })
        entry.identifier = batch.append(ident[..<end])
        entry.isCut = message.count > EntryBatch.longestField
        entry.message = batch.append(message)
        return entry
    }
}

/// Which years a file covers.
private struct SyslogYears {
    let spool: Spool
    /// The year of the first line.
    let firstYear: Int
    /// The first stamp; files are read in this order.
    let start: Timestamp
    /// Bytes of the file as it is.
    let size: Int64

    init(_ spool: Spool) throws {
        self.spool = spool
        let stream = try LineStream(path: spool.path, name: spool.name)
        var wraps = 0
        var month = 0
        /// The wraps before a 29 February.
        var leap: Int?
        var isFirst = true
        var firstLine: [UInt8] = []
        while let line = stream.next() {
            guard let (next, day) = SyslogStamps.date(line) else {
                // An ISO stamp names its year, and so do all that follow.
                if isFirst, SyslogStamps(year: 1970).isISO(line) {
                    firstLine = Array(line)
                    break
                }
                continue
            }
            if isFirst { firstLine = Array(line) }
            isFirst = false
            // December to January; a step back by less is a clock that was set.
            if next + 6 < month { wraps += 1 }
            month = next
            if next == 2, day == 29 { leap = wraps }
        }
        let written = Self.written(spool.path)
        size = written.size
        // A file that was last written in January ends in that year unless its last line is of a
        // later month: then it was touched, copied or rotated after the turn of the year.
        var year = written.year - wraps - (month > written.month ? 1 : 0)
        // A file that was copied later than it was written: only a leap year has that day.
        while let leap, !Self.isLeap(year + leap) { year -= 1 }
        firstYear = year
        var stamps = SyslogStamps(year: firstYear)
        start = stamps.read(firstLine[...])?.time ?? .distantPast
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// When the file was last written, in local time, and how large it is.
    private static func written(_ path: String) -> (year: Int, month: Int, size: Int64) {
        var status = stat()
        var parts = unsafe tm()
        guard unsafe stat(path, &status) == 0,
            unsafe localtime_r(&status.st_mtim.tv_sec, &parts) != nil
        else { return (1970, 1, 0) }
        return unsafe (
            Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int64(status.st_size)
        )
    }
}
