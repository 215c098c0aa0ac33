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
    private var current: (stream: LineStream, stamps: SyslogStamps)?
    private var unread = UnreadLines(path: "")
    /// Bytes of all files, and of those that were read to their end.
    private let size: Int64
    private var done: Int64 = 0
    /// Lines of mail programs in all files.
    private var mailLines: Int64 = 0
    /// What could not be read so far.
    private(set) var damage: [String] = []
    /// Whether nine tenths of the mail lines of each file were understood.
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

    /// Replaces what is in `batch` by the next entries, all of one file; false at the end of the last.
    ///
    /// What they say is to be given to ``judge(_:)`` before the next are read.
    mutating func read(into batch: inout EntryBatch, limit: Int) throws -> Bool {
        batch.removeAll()
        while batch.entries.count < limit, batch.bytes.count < 1 << 20 {
            if current == nil, !(try open()) { break }
            guard let line = current?.stream.next() else {
                // What was read of this file is judged first.
                guard batch.entries.isEmpty else { break }
                close()
                continue
            }
            take(line, into: &batch)
        }
        return !batch.entries.isEmpty
    }

    /// Opens the next file; false: there is none.
    private mutating func open() throws -> Bool {
        guard !files.isEmpty else { return false }
        let file = files.removeFirst()
        let stream = try LineStream(path: file.spool.path, name: file.spool.name)
        current = (stream, SyslogStamps(year: file.firstYear))
        unread = UnreadLines(path: file.spool.name)
        spool = file.spool
        return true
    }

    private mutating func close() {
        if let lost = current?.stream.damage { damage.append(lost) }
        if let lost = unread.complaint {
            damage.append(lost)
            isUnderstood = false
        }
        mailLines += unread.mail
        done += max(0, current?.stream.position ?? 0)
        current = nil
    }

    /// What to say where no file has a line of a mail server; nil: one has.
    var complaint: String? {
        // Where lines were not understood that is said already.
        mailLines == 0 && since == nil && isUnderstood
            ? "not one line of a mail server was found: no trip says nothing" : nil
    }

    /// Counts what was understood of `batch`, whose lines were read by their grammar.
    mutating func judge(_ batch: EntryBatch) { unread.judge(batch) }

    /// The entry of `line`, or what is said of it instead.
    private mutating func take(_ line: ArraySlice<UInt8>, into batch: inout EntryBatch) {
        let whole = batch.appendLine(line)
        var isKept = false
        defer { if !isKept { batch.bytes.removeSubrange(Int(whole.start)...) } }
        guard let frame = LogFrame(line: whole, in: batch.bytes) else { return unread.note(line) }
        guard frame.form != .logger else { return }
        guard let time = frame.stamp.flatMap({ current?.stamps.time($0) }) else {
            return unread.note(line)
        }
        if let since, time < since { return }
        isKept = true
        var entry = LogEntry(time: time)
        entry.message = frame.message
        entry.identifier =
            frame.form == .eximFile ? batch.append("exim".utf8) : frame.identifier
        entry.syslogPid = frame.pid
        entry.isCut = frame.message.count > EntryBatch.longestField
        if entry.isCut {
            entry.message.end = entry.message.start + UInt32(EntryBatch.longestField)
        }
        let times = batch.takeRepetition(of: entry)
        for _ in 0..<times.count { batch.entries.append(times.entry) }
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
        /// The first stamp, and the first that names its year.
        var first: LogStamp?
        var named: LogStamp?
        var line: [UInt8] = []
        while let next = stream.next() {
            line.removeAll(keepingCapacity: true)
            line.append(contentsOf: next)
            let range = ByteRange(start: 0, end: line.count)
            guard let stamp = LogFrame(line: range, in: line)?.stamp else { continue }
            first = first ?? stamp
            guard stamp.year == nil, stamp.epoch == nil else {
                // All that follow name theirs.
                named = stamp
                break
            }
            // December to January; a step back by less is a clock that was set.
            if stamp.month + 6 < month { wraps += 1 }
            month = stamp.month
            if stamp.month == 2, stamp.day == 29 { leap = wraps }
        }
        var written = Self.written(spool.path)
        size = written.size
        // A line of the same file says better when those before it were written.
        if let year = named?.year, let month = named?.month {
            (written.year, written.month) = (year, month)
        }
        // A file that was last written in January ends in that year unless its last line is of a
        // later month: then it was touched, copied or rotated after the turn of the year.
        var year = written.year - wraps - (month > written.month ? 1 : 0)
        // A file that was copied later than it was written: only a leap year has that day.
        while let leap, !Self.isLeap(year + leap) { year -= 1 }
        firstYear = year
        var stamps = SyslogStamps(year: firstYear)
        start = first.flatMap { stamps.time($0) } ?? .distantPast
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
