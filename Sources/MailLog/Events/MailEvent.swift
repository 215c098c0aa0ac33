// SPDX-License-Identifier: Apache-2.0
//
// What one log line says, in one flat value for every dialect. Text is ranges of the batch's
// bytes; a range that is empty was not in the line. The mistake to avoid: believing an event whose
// `trust` is not `.genuine`.

public import EventTime

/// Which MTA wrote a line.
public enum Dialect: UInt8, Sendable, CaseIterable {
    case none, postfix, exim, sendmail, opensmtpd, mailman, sympa, mlmmj
}

/// What became of one delivery attempt: the `status=` of Postfix, mapped for the others.
public enum DeliveryStatus: UInt8, Sendable {
    case none, sent, deferred, bounced, expired, deliverable, undeliverable, discarded, held
}

/// Which header a header-logging line carries.
public enum LoggedHeader: UInt8, Sendable {
    case none, messageID, inReplyTo, references, date, autoSubmitted, precedence, listID, listPost
    case from, subject, loop, other
}

/// What is known of a line of ``MailEvent/Kind-swift.enum/other``.
public enum Aside: UInt8, Sendable {
    case none
    /// A recipient's line that cannot be read for certain; that it came is known.
    case cutDelivery
    /// A line of text that names no program.
    case noProgram
    /// No form that we know, or one that has more than one reading.
    case notUnderstood
    /// Postfix is being stopped.
    case stop
}

/// Why a line is not believed, or that it is.
public enum Trust: UInt8, Sendable {
    /// journald's own fields prove that the MTA wrote it; see ``TrustSettings``.
    case genuine
    /// Names itself an MTA, and the sending user is not one. Counted, reported, never used.
    case forgedUser
    /// Came by another road than `/dev/log`.
    case forgedTransport
    /// The executable is not the MTA's.
    case forgedExecutable
    /// The unit is not the MTA's.
    case forgedUnit
    /// `SYSLOG_PID` differs from `_PID`.
    case forgedPid
    /// Holds a newline or NUL, which no MTA lets through.
    case forgedControl
    /// Not proven, and nothing to report.
    ///
    /// Tools that run as whoever called them (sendmail(1), postdrop(1), postqueue(1)), and programs
    /// that share their name with a list manager's.
    case unproven
    /// Names a daemon of Postfix under a name (`syslog_name`) that no setting knows, and nothing else
    /// in it proves that Postfix wrote it.
    case unknownName
}

/// One mail event: what a log line says.
///
/// Which fields are filled depends on ``kind``; the others are absent, zero or `.none`.
public struct MailEvent: Sendable {
    /// What kind of line it is.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// Not of use to us, or not understood: see ``MailEvent/reason``.
        case other
        /// A message came in by SMTP: `client=`. Fills `queueID`, `client`, `clientAddress`.
        case client
        /// A message came in by the sendmail command: `uid= from=`. `relatedID` is `orig_id`.
        case pickup
        /// `message-id=`: fills `messageID`.
        case messageID
        /// A logged header: fills `header`, `headerValue`, `parent` when the sensor's mark is there.
        case header
        /// The queue took it: `from= size= nrcpt=`. Again at every retry.
        case queued
        /// One recipient's outcome: `to= relay= status=`.
        case delivery
        /// The queue is done with the message.
        case removed
        /// A bounce or notification `relatedID` was made for `queueID`.
        case notification
        /// The message expired and goes back: `status=expired`.
        case expired
        /// Put on hold, by whatever means. `relatedID` is empty.
        case held
        /// Taken off hold.
        case released
        /// Requeued by `postsuper -r`; it comes back under a new id.
        case requeued
        /// Deleted by an administrator.
        case deleted
        /// Refused, or taken and thrown away, before it was queued.
        case rejected
        /// An SMTP session's connect, disconnect, lost connection.
        case session
        /// The MTA started or reloaded: forget short queue ids.
        case started
        /// The text begins with `warning:`, `error:`, `fatal:`, `panic:`.
        case warning
        /// Suppressed lines; `count` of them.
        case suppressed
    }

    /// What the line is.
    public var kind: Kind = .other
    /// What `listbreaker parse` calls the line; finer than ``kind``, and set even where the line is
    /// of no use to us.
    public var name: LineName = .other
    /// Who wrote it.
    public var dialect: Dialect = .none
    /// Whether it is believed.
    public var trust: Trust = .genuine
    /// Whether it is Postfix's under a name that no setting knows: proven by its other fields.
    public var isUnnamed = false
    /// Event time.
    public var time: Timestamp
    /// Instance: what stands before the first `/` of the identifier (`postfix`, `postfix-out`).
    public var instance: ByteRange = .absent
    /// Process: what stands after the last `/` (`smtp`, `qmgr`, `local`).
    public var process: ByteRange = .absent
    /// `_MACHINE_ID`, for journals of many hosts.
    public var machine: ByteRange = .absent
    /// Queue id of the message; absent for `NOQUEUE`.
    public var queueID: ByteRange = .absent
    /// OpenSMTPD's envelope, whose first eight digits are ``queueID``.
    public var envelopeID: ByteRange = .absent
    /// Whether the line says `NOQUEUE`: there is no message yet.
    public var isUnqueued = false
    /// The other queue id: `forwarded as`, the bounce's own id, `orig_id`, `orig_queue_id`.
    public var relatedID: ByteRange = .absent
    /// `message-id=` as logged, brackets included.
    public var messageID: ByteRange = .absent
    /// Envelope sender without brackets; empty with ``hasSender`` for the null sender.
    public var sender: ByteRange = .absent
    /// Whether the line names a sender, be it the null one.
    public var hasSender = false
    /// Envelope recipient without brackets, quotes kept.
    public var recipient: ByteRange = .absent
    /// `orig_to`: the address before alias expansion.
    public var originalRecipient: ByteRange = .absent
    /// Several recipients of one delivery line, comma-separated (Sendmail); ``recipient`` is the
    /// first and ``count`` says how many.
    public var recipients: ByteRange = .absent
    /// Client or relay host name.
    public var host: ByteRange = .absent
    /// Client or relay address, without brackets.
    public var address: ByteRange = .absent
    /// Whether ``host`` and ``address`` are those of a server that we send to.
    public var isRelay = false
    /// Port of the relay; 0 when absent.
    public var port: UInt16 = 0
    /// Name that the client logged in with: `sasl_username=`, Exim's `A=`.
    public var user: ByteRange = .absent
    /// `relay=` as a whole.
    public var relay: ByteRange = .absent
    /// Outcome of a delivery.
    public var status: DeliveryStatus = .none
    /// The same as printed; absent where the dialect prints none (Exim).
    public var statusText: ByteRange = .absent
    /// `dsn=`.
    public var dsn: ByteRange = .absent
    /// Free text behind `status=`, a remote's words; never parsed again.
    public var text: ByteRange = .absent
    /// `nrcpt=`, the recipients of a delivery line, or the number of suppressed lines.
    public var count: Int64 = 0
    /// The unit whose lines were suppressed.
    public var unit: ByteRange = .absent
    /// `size=` in bytes.
    public var size: Int64 = 0
    /// `delay=`: from arrival in the queue until this line.
    public var delay: TimeSpan = TimeSpan(microseconds: 0)
    /// Whether the line has a `delay=`.
    public var hasDelay = false
    /// `delays=` as printed.
    public var delays: ByteRange = .absent
    /// The two last parts of `delays=`, connection set-up and transmission.
    ///
    /// The delivery attempt started this long before the line.
    public var attempt: TimeSpan = TimeSpan(microseconds: 0)
    /// Which header.
    public var header: LoggedHeader = .none
    /// The header's name as it stands in the line.
    public var headerName: ByteRange = .absent
    /// The header's value, cut at 200 bytes by Postfix.
    public var headerValue: ByteRange = .absent
    /// The parent message-id that the sensor wrote at the end of the line, brackets included.
    public var parent: ByteRange = .absent
    /// What a line of no kind still says.
    public var aside: Aside = .none
    /// Why a line is `.other` or `.warning`, in a word.
    public var reason: StaticString = ""

    /// Whether the line has no form that we know, or more than one reading; not a line that is known and
    /// of no use to us, like a start or a blocklist's answer.
    public var isNotUnderstood: Bool {
        kind == .other && (aside == .notUnderstood || aside == .cutDelivery)
    }

    /// Whether it is a line of text that names no program.
    public var isUnread: Bool { aside == .noProgram }

    /// Says that the line is not understood, and why.
    mutating func setNotUnderstood(_ reason: StaticString) {
        self.reason = reason
        aside = .notUnderstood
    }

    /// An event of `time` that says nothing yet.
    @inlinable
    public init(time: Timestamp) {
        self.time = time
    }
}
