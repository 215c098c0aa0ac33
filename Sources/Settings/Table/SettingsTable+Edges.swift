// SPDX-License-Identifier: Apache-2.0
//
// The keys of [Journal], [Halt], [Manager], [Paging] and [Alert NAME]. Limits keep a value from making the
// daemon deaf, blind or a nuisance; where a limit is not explained it was chosen wide.

import Breaker
import EventTime

extension SettingsTable {
    /// `[Journal]`.
    static let journal: [Setting<Settings>] = [
        Setting(
            "Directory",
            .text(\.journal.directory, .optionalPath),
            "Directory of journal files to follow; empty: this host's own journal."
        ),
        Setting(
            "ActHorizon",
            .span(\.journal.actHorizon, .minutes(1)...(.days(1))),
            "A verdict about entries older than this pages and does not halt."
        ),
        Setting(
            "LagLimit",
            .span(\.journal.lagLimit, .seconds(10)...(.days(1))),
            "Further behind than this counts as blind and pages."
        ),
        Setting(
            "SilenceLimit",
            .autoSpan(\.journal.silenceLimit, .seconds(0)...(.days(30))),
            "Page when no line of a mail server comes for so long; 0: never; auto: learned."
        ),
        Setting(
            "Instances",
            .words(\.journal.instances, .word, most: 32),
            "Names of further Postfix instances in the log, such as postfix-out; mostly found."
        ),
        Setting(
            "TrustedUsers",
            .words(\.journal.trustedUsers, .user, most: 32),
            "Users besides root and postfix whose mail log lines are believed."
        ),
        Setting(
            "TrustedUnits",
            .words(\.journal.trustedUnits, .unit, most: 32),
            "Units besides postfix.service and postfix@*.service that Postfix's lines may come from."
        ),
        Setting(
            "TrustedContainers",
            .words(\.journal.trustedContainers, .word, most: 32),
            "Containers of docker or podman whose output, in the journal, is read as a mail log."
        ),
        Setting(
            "TrustedPrograms",
            .words(\.journal.trustedPrograms, .path, most: 32),
            "Directories of Postfix's daemons besides the usual ones: its daemon_directory."
        ),
        Setting(
            "AddressFormat",
            .choice(\.journal.addressFormat),
            "How Postfix prints addresses: its info_log_address_format=; internal before 3.5."
        ),
    ]

    /// `[Halt]`.
    static let halt: [Setting<Settings>] = [
        Setting(
            "Mode",
            .choice(\.mode),
            "observe: decide and page, touch no queue; armed: really halt. 'listbreaker arm' wins."
        ),
        Setting(
            "MTA",
            .choice(\.halt.mta),
            "The mail server that is halted; auto: the one that is installed and runs."
        ),
        Setting(
            "Script",
            .text(\.halt.script, .optionalPath),
            "For MTA=exec: root's script with the verbs halt, resume and status."
        ),
        Setting(
            "ActuatorSocket",
            .text(\.halt.actuatorSocket, .path),
            "Socket of listbreaker-actuator, which halts the queue as root."
        ),
        Setting(
            "CommandTimeout",
            .span(\.halt.commandTimeout, .seconds(1)...(.minutes(10))),
            "Deadline of one command of the actuator; past it the halt counts as failed."
        ),
        Setting(
            "Probation",
            .span(\.halt.probation, .minutes(1)...(.hours(24))),
            "After a reset the breaker is half-open for so long: any verdict trips it again."
        ),
        Setting(
            "VerifyAfter",
            .span(\.halt.verifyAfter, .seconds(1)...(.hours(1))),
            "The halt is verified when the log showed no copy leaving for this long."
        ),
        Setting(
            "SweepInterval",
            .span(\.halt.sweepInterval, .seconds(5)...(.hours(1))),
            "How often newly deferred mail is put on hold while open."
        ),
        Setting(
            "Scope",
            .choice(\.halt.scope),
            "What a trip halts. queue: all outbound mail; list: the list's own copies as the log shows them; "
                + "narrow: the whole of the list's mail where that is set up, else as queue."
        ),
        Setting(
            "SenderScope",
            .optionalChoice(\.halt.senderScope),
            "The same for a sender that is no list, list: only what it sends; empty: as Scope=."
        ),
        Setting(
            "Escalate",
            .choice(\.halt.escalate),
            "How far a breaker goes when copies keep leaving: no, queue, or stop the mail server."
        ),
        Setting(
            "ReleaseRate",
            .integer(\.halt.releaseRate, 0...10_000_000),
            "Copies a minute at which held mail goes out; 0: all at once."
        ),
        Setting(
            "NarrowWithin",
            .span(\.halt.narrowWithin, .seconds(0)...(.hours(1))),
            "A list that could not be narrowed: all mail flows again by itself when it is, within this."
        ),
        Setting(
            "DiscardQuiet",
            .span(\.halt.discardQuiet, .seconds(5)...(.hours(24))),
            "With Scope=narrow: after a discard the list flows again when its manager was quiet so long."
        ),
        Setting(
            "KeepSaved",
            .span(\.halt.keepSaved, .seconds(0)...(.days(3650))),
            "Saved copies of discarded mail are deleted when they are older than this; 0: never."
        ),
        Setting(
            "SoftHoldSpan",
            .span(\.halt.softHoldSpan, .minutes(1)...(.hours(24))),
            "A soft hold that does not become a trip ends after so long in attended hours."
        ),
        Setting(
            "SoftHoldQuiet",
            .span(\.halt.softHoldQuiet, .minutes(1)...(.days(7))),
            "Outside them it ends so long after the last post, or when they begin."
        ),
        Setting(
            "SoftHoldPageMembers",
            .integer(\.halt.softHoldPageMembers, 0...1_000_000_000),
            "Members from which on a soft hold is paged in any case; 0: never."
        ),
        Setting(
            "PageSoftHold",
            .toggle(\.halt.pagesSoftHolds),
            "Whether a soft hold is paged; it is logged and shown by 'status' in any case."
        ),
    ]

    /// `[Manager]`.
    static let manager: [Setting<Settings>] = [
        Setting(
            "Script",
            .text(\.manager.script, .script),
            "Script by which the list manager stops a list that trips, too; empty: none."
        ),
        Setting(
            "Lists",
            .words(\.manager.lists, .address, most: 200),
            "Lists that are stopped there; empty: every list that trips and that it has."
        ),
    ]

    /// `[Paging]`.
    static let paging: [Setting<Settings>] = [
        Setting(
            "RetryFirst",
            .span(\.paging.retryFirst, .seconds(1)...(.minutes(10))),
            "Wait after the first failed try of a page; doubled each time."
        ),
        Setting(
            "RetryLongest",
            .span(\.paging.retryLongest, .seconds(1)...(.hours(6))),
            "Longest wait between tries of a page."
        ),
        Setting(
            "RepeatInterval",
            .span(\.paging.repeatInterval, .minutes(1)...(.days(7))),
            "Page again this often while open and not acknowledged."
        ),
        Setting(
            "AcknowledgedInterval",
            .span(\.paging.acknowledgedInterval, .minutes(1)...(.days(30))),
            "Page again this often while open and acknowledged."
        ),
        Setting(
            "HeartbeatScript",
            .text(\.paging.heartbeatScript, .path),
            "Absolute path of a script that tells a dead-man's switch that all is well; empty: none."
        ),
        Setting(
            "HeartbeatInterval",
            .span(\.paging.heartbeatInterval, .seconds(10)...(.days(1))),
            "How often the heartbeat script runs while we watch, see, and can page."
        ),
        Setting(
            "RunbookURL",
            .text(\.paging.runbookURL, .webAddress),
            "Where the site says what to do: pages link there, with the event's name behind it; "
                + "empty: no link."
        ),
    ]

    /// `[Alert NAME]`.
    public static let alert: [Setting<AlertTarget>] = [
        Setting(
            "Script",
            .text(\.script, .path),
            "Absolute path of the script that delivers a page. Required."
        ),
        Setting(
            "Timeout",
            .span(\.timeout, .seconds(1)...(.minutes(5))),
            "Deadline of one run of the script; then SIGTERM, then SIGKILL."
        ),
        Setting(
            "MaxAttempts",
            .integer(\.maxAttempts, 1...1000),
            "Failed tries before this target is given up for a page, and tried slowly."
        ),
        Setting(
            "EscalateAfter",
            .span(\.escalateAfter, .seconds(0)...(.days(1))),
            "Tell this target only when a page stays unacknowledged so long; 0: at once."
        ),
    ]
}
