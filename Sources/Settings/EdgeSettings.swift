// SPDX-License-Identifier: Apache-2.0
//
// Validated settings of the edges, as plain values with the vendor defaults. Reading them from
// text is `SettingsReader`'s work; each default here equals the commented one in
// listbreaker.conf, and a test holds the two together.

public import Breaker
public import EventTime
public import MailLog

/// `[Journal]`: where to read.
public struct JournalSettings: Sendable, Equatable {
    /// Directory of journal files; empty: the local journal.
    public var directory = ""
    /// Verdicts about entries older than this when read only page.
    ///
    /// The storm is over or was dealt with, and halting now would stop innocent mail. Chosen.
    public var actHorizon: TimeSpan = .minutes(10)
    /// Lag over which we call ourselves blind.
    public var lagLimit: TimeSpan = .minutes(2)
    /// Without a line of a mail server for longer than this we call ourselves blind; 0: never; nil:
    /// twice the longest silence of this host's last weeks.
    public var silenceLimit: TimeSpan?
    /// Instance names in front of `/` in the identifier, besides `postfix` and those that lines
    /// prove.
    public var instances: [String] = []
    /// Users, besides root and `postfix`, whose lines are believed (names or numbers).
    public var trustedUsers: [String] = []
    /// Units in which Postfix runs, besides `postfix.service` and `postfix@*`; `*` for any text.
    public var trustedUnits: [String] = []
    /// Containers whose output is read as a mail log, by name.
    public var trustedContainers: [String] = []
    /// Directories of Postfix's daemons, besides those of the distributions.
    public var trustedPrograms: [String] = []
    /// How Postfix prints addresses; the default of Postfix since 3.5.
    public var addressFormat = TrustSettings.AddressFormat.external

    /// The vendor defaults.
    public init() {}

    /// What is to be read of a journal besides the mail facility, as `FIELD=VALUE`.
    public var matches: [String] { trustedContainers.map { "CONTAINER_NAME=\($0)" } }

    /// Whom these settings believe, without the users, which only the host knows.
    public var trust: TrustSettings {
        var trust = TrustSettings(
            instances: instances,
            daemonDirectories: TrustSettings.usualDaemonDirectories + trustedPrograms,
            units: trustedUnits,
            containers: trustedContainers
        )
        trust.addressFormat = addressFormat
        return trust
    }
}

/// Which mail server is halted.
public enum MailServer: String, Sendable, CaseIterable {
    /// The one that is installed, or the only one of several that runs.
    case auto
    /// Postfix, every instance.
    case postfix
    /// Exim 4.
    case exim
    /// OpenSMTPD.
    case opensmtpd
    /// Sendmail 8.
    case sendmail
    /// Whatever the site's own script halts.
    case exec
}

/// `[Halt]`: how mail is stopped.
public struct HaltSettings: Sendable, Equatable {
    /// The mail server; the actuator reads this key by itself.
    public var mta = MailServer.auto
    /// Absolute path of the script for `exec`; the actuator reads this key by itself.
    public var script = ""
    /// Socket of the actuator.
    public var actuatorSocket = "/run/listbreaker-actuator/socket"
    /// Deadline of one actuator command.
    public var commandTimeout: TimeSpan = .seconds(30)
    /// No copy leaving for this long: the halt is verified.
    ///
    /// Chosen.
    public var verifyAfter: TimeSpan = .seconds(30)
    /// How long a reset breaker stays half-open.
    ///
    /// Chosen: an hour shows the next wave of replies.
    public var probation: TimeSpan = .hours(1)
    /// How often what was newly deferred is put on hold while open.
    ///
    /// Held mail does not age, and a queue run over deferred mail logs a line a recipient. Chosen
    /// below Postfix's `queue_run_delay` (300 s).
    public var sweepInterval: TimeSpan = .seconds(60)
    /// What a trip halts, of lists that do not say otherwise.
    public var scope: HaltScope = .queue
    /// What a trip of a sender that is no list halts; nil: as ``scope``.
    public var senderScope: HaltScope?
    /// How far the breaker goes by itself when copies keep leaving.
    ///
    /// Chosen: stopping the mail server also stops local mail, and cuts deliveries.
    public var escalate: Escalation = .queue
    /// Copies a minute at which held mail goes out; 0: at once.
    ///
    /// Chosen: a hundred a second is what Postfix sends anyway, and leaves time to see a storm.
    public var releaseRate: Int64 = 6000
    /// How long all mail, halted because a list could not be narrowed, may flow again by itself.
    ///
    /// Chosen: time for three tries with their proof; 0: never.
    public var narrowWithin: TimeSpan = .minutes(2)
    /// After a discard, how long nothing of a list must have come before it flows again.
    ///
    /// Chosen: list managers that run hand over their next message within seconds.
    public var discardQuiet: TimeSpan = .minutes(1)
    /// How long saved copies of discarded mail are kept; 0: for ever.
    ///
    /// Chosen: what was discarded in a storm is asked for within weeks, and a quarter covers holidays.
    public var keepSaved: TimeSpan = .days(90)
    /// How long a soft hold lasts in attended hours unless it becomes a trip.
    ///
    /// Chosen: time for a person to look, and no more than a list's mail may wait.
    public var softHoldSpan: TimeSpan = .minutes(30)
    /// How long it outlasts the list's last post while nobody is there.
    ///
    /// Chosen: a night's lull is no end of a storm; at two an hour by day six hours may pass without one.
    public var softHoldQuiet: TimeSpan = .hours(12)
    /// Members from which on a soft hold is paged in any case; 0: never.
    ///
    /// Chosen: a list of thousands whose mail waits is missed, by day and by night.
    public var softHoldPageMembers: Int64 = 1000
    /// Whether a soft hold is paged.
    public var pagesSoftHolds = false

    /// The vendor defaults.
    public init() {}
}

/// `[Manager]`: a further stop, at the list manager.
public struct ManagerSettings: Sendable, Equatable {
    /// Its script: a name such as `mailman3`, or an absolute path; empty: none.
    public var script = ""
    /// Lists that are stopped there; empty: every list that trips and that the list manager has.
    public var lists: [String] = []

    /// The vendor defaults.
    public init() {}
}

/// `[Alert NAME]`: one target of pages.
public struct AlertTarget: Sendable, Equatable {
    /// The section's name.
    public var name: String
    /// Absolute path of the script.
    public var script: String
    /// Deadline of one run; then SIGTERM, then SIGKILL.
    public var timeout: TimeSpan = .seconds(20)
    /// Failed tries before the target is given up for this page, and tried slowly.
    public var maxAttempts: Int64 = 12
    /// How long a page waits unacknowledged before this target is told as well; 0: told at once.
    ///
    /// Told earlier when a target before it is given up.
    public var escalateAfter: TimeSpan = .seconds(0)

    /// A target that runs `script`.
    public init(name: String, script: String) {
        self.name = name
        self.script = script
    }
}

/// `[Paging]`: when and how often.
public struct PagingSettings: Sendable, Equatable {
    /// Targets in order.
    public var targets: [AlertTarget] = []
    /// First wait after a failed try; doubled each time.
    public var retryFirst: TimeSpan = .seconds(1)
    /// Longest wait between tries.
    public var retryLongest: TimeSpan = .minutes(5)
    /// A reminder this often while a breaker is open and nobody acknowledged.
    public var repeatInterval: TimeSpan = .hours(1)
    /// A reminder this often once acknowledged.
    public var acknowledgedInterval: TimeSpan = .hours(12)
    /// Absolute path of the script that tells an outside dead-man's switch that all is well; empty:
    /// none.
    public var heartbeatScript = ""
    /// How often it runs.
    public var heartbeatInterval: TimeSpan = .minutes(1)
    /// What stands before the event's name in the address of its runbook; empty: pages name the manual.
    public var runbookURL = ""

    /// The vendor defaults.
    public init() {}
}
