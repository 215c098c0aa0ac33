// SPDX-License-Identifier: Apache-2.0
//
// From one journald entry to what it says. First who speaks, by journald's own fields; then that
// program's grammar, from the start of the line, one production a form. A line that is not believed
// is never parsed, so that no later mistake can use it.

/// Reads log lines of every mail system that listbreaker knows.
///
/// A value without state: reading the same entry twice gives the same event. Allocates nothing,
/// linear in the length of the line.
public struct LineReader: Sendable {
    /// Whom to believe.
    public private(set) var settings: TrustSettings

    /// A reader that believes what `settings` say.
    public init(settings: TrustSettings) {
        self.settings = settings
    }

    /// Believes lines under the name `instance` from now on, also those that lack the fields which
    /// proved it: journald reads them after the fact.
    ///
    /// False when it did so already, or when there are too many names.
    public mutating func accept(instance: ByteRange, in bytes: [UInt8]) -> Bool {
        settings.accept(instance: bytes[Int(instance.start)..<Int(instance.end)])
    }

    /// Whether `entry`, which is not believed as a line of `dialect`, is hardly a stranger's: it came
    /// by the right road, and from a user or a program of the mail server.
    public func isLikelyOwn(_ entry: LogEntry, as dialect: Dialect, in bytes: [UInt8]) -> Bool {
        guard entry.transport == .syslog else { return false }
        let isTrusted = entry.uid.map { settings.isTrusted($0, as: dialect) } ?? false
        return isTrusted || settings.isDaemon(entry.executable, in: bytes)
    }

    /// What `entry` says; `bytes` are those of its batch.
    ///
    /// Always an event: what is not understood is ``MailEvent/Kind/other`` with a reason, what is
    /// not believed has a ``MailEvent/trust`` that is not genuine and nothing else filled but its
    /// claimed source.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - bytes: its batch's.
    ///   - dialect: the grammar to use whatever the identifier says; nil to go by it.
    /// - Returns: what the line says, or why it says nothing.
    public func read(
        _ entry: LogEntry,
        in bytes: [UInt8],
        as dialect: Dialect? = nil
    ) -> MailEvent {
        var event = MailEvent(time: entry.time)
        if !readAside(entry, in: bytes, into: &event) {
            let source = settings.source(of: entry, as: dialect, in: bytes)
            read(entry, from: source, in: bytes, into: &event)
        }
        return event
    }

    /// Puts what `entry` says into `event`, a new one of the entry's time; see ``read(_:in:as:)``.
    ///
    /// `memo` is the batch's.
    @inline(__always)
    public func read(
        _ entry: LogEntry,
        in bytes: [UInt8],
        _ memo: inout SourceMemo,
        into event: inout MailEvent
    ) {
        if readAside(entry, in: bytes, into: &event) { return }
        let source = memo.source(of: entry, in: bytes, settings)
        read(entry, from: source, in: bytes, into: &event)
    }

    /// Reads what no mail program wrote into the journal itself; false for all else.
    @inline(__always)
    private func readAside(
        _ entry: LogEntry,
        in bytes: [UInt8],
        into event: inout MailEvent
    ) -> Bool {
        event.machine = entry.machine
        if entry.isSuppressionNotice {
            readSuppression(entry, into: &event)
            return true
        }
        guard !entry.container.isEmpty, !settings.containers.isEmpty else { return false }
        readContained(entry, in: bytes, into: &event)
        return true
    }

    @inline(__always)
    private func read(
        _ entry: LogEntry,
        from source: Source,
        in bytes: [UInt8],
        into event: inout MailEvent
    ) {
        event.isUnnamed = source.isProven
        event.dialect = source.claim.dialect
        event.instance = source.claim.instance
        event.process = source.claim.process
        guard source.claim.dialect != .none else {
            event.reason = "not a mail program"
            return
        }
        event.trust = settings.judge(entry, from: source, in: bytes)
        guard event.trust == .genuine else {
            event.reason = "not believed"
            return
        }
        var cursor = LineCursor(bytes, entry.message)
        parse(&cursor, as: source.claim, into: &event)
    }

    /// A line that a container printed: text with a stamp and a host before it, or without.
    private func readContained(
        _ printed: LogEntry,
        in bytes: [UInt8],
        into event: inout MailEvent
    ) {
        var entry = printed
        // podman (conmon) hands a line over with its end, docker without.
        while entry.message.end > entry.message.start,
            bytes[Int(entry.message.end) - 1] == 10 || bytes[Int(entry.message.end) - 1] == 13
        { entry.message.end -= 1 }
        // Queue ids of several containers are told apart as those of several hosts are.
        event.machine = entry.container
        guard let line = Self.entry(line: entry.message, in: bytes, time: entry.time) else {
            event.reason = "not a mail program"
            return
        }
        var claim = settings.claim(of: line.identifier, in: bytes)
        if claim.isUnnamed { claim.dialect = .postfix }
        event.dialect = claim.dialect
        event.instance = claim.instance
        event.process = claim.process
        guard claim.dialect != .none else {
            event.reason = "not a mail program"
            return
        }
        event.trust = settings.judgeContained(entry, in: bytes)
        guard event.trust == .genuine else {
            event.reason = "not believed"
            return
        }
        var cursor = LineCursor(bytes, line.message)
        parse(&cursor, as: claim, into: &event)
    }

    @inline(__always)
    private func parse(
        _ cursor: inout LineCursor,
        as claim: TrustSettings.Claim,
        into event: inout MailEvent
    ) {
        switch claim.dialect {
        case .postfix:
            PostfixLine.read(&cursor, format: settings.addressFormat, into: &event)
        case .exim:
            EximLine.read(&cursor, into: &event)
        case .sendmail:
            SendmailLine.read(&cursor, into: &event)
        case .opensmtpd:
            OpenSMTPDLine.read(&cursor, into: &event)
        case .mailman:
            MailmanLine.read(&cursor, into: &event)
        case .sympa:
            SympaLine.read(&cursor, into: &event)
        case .mlmmj:
            event.reason = "a list manager's own line"
        case .none:
            event.reason = "no grammar for this program"
        }
    }

    /// journald's notice that it dropped lines, which only journald itself can write.
    private func readSuppression(_ entry: LogEntry, into event: inout MailEvent) {
        guard entry.transport == .driver else {
            event.trust = .forgedTransport
            event.reason = "not believed"
            return
        }
        event.kind = .suppressed
        event.count = max(0, entry.dropped)
        event.unit = entry.objectUnit
        event.reason = "lines were dropped by journald"
    }
}
