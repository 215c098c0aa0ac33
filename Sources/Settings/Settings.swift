// SPDX-License-Identifier: Apache-2.0
//
// The whole configuration as one value. Everything in it has been checked; a `Settings` that was
// read can be acted on without a second thought.

public import Breaker
public import ListTraffic
public import StormDetection

/// # NAME
/// Settings - configuration text to validated settings
///
/// # SUMMARY
/// `SettingsReader.read(files)` gives ``Settings`` and ``Origins``, or every error with its place.
///
/// # DESCRIPTION
/// The syntax is systemd's own (systemd.syntax(7)), the units those of systemd.time(7). One table,
/// ``SettingsTable``, names each key with type, limits and meaning; reader, `show-config`, the
/// vendor file and listbreaker.conf(5) follow it. Defaults live in the settings' initialisers.
///
/// # LIMITS
/// A file: 1 MiB. Errors reported: 50, the rest counted. Alert targets: 32. Lists: 10,000.
/// Planned mailings of a list: 16. Time spans: each key's own range.
///
/// # SECURITY
/// No file, clock or environment variable is read (the rules of time zones are handed in), and nothing in a value is expanded. Text of a
/// file that is quoted in a message is cut and cleaned of control characters.
///
/// # DIAGNOSTICS
/// `FILE:LINE:COLUMN: what was found, what was expected`, with a suggestion for a misspelt name.
/// The operator mends the file; a running daemon keeps its old settings.
///
/// # BUGS
/// Quoting in values is not understood: no value needs blanks inside a word.
public struct Settings: Sendable, Equatable {
    /// Mode in which a daemon starts that nobody armed yet.
    ///
    /// `Mode=` in `[Halt]`.
    public var mode: Mode = .observe
    /// `[Journal]`.
    public var journal = JournalSettings()
    /// `[Halt]`.
    public var halt = HaltSettings()
    /// `[Manager]`.
    public var manager = ManagerSettings()
    /// `[Paging]` and the `[Alert NAME]` sections.
    public var paging = PagingSettings()
    /// `[Traffic]`, and the addresses of the `[List ADDRESS]` sections.
    public var traffic = TrafficSettings()
    /// `[Attended]`.
    public var attended = AttendedSettings()
    /// `[Detection]`, the hours of `[Attended]` and what the `[List ADDRESS]` sections say to detection.
    public var detection = DetectionSettings()
    /// The `[List ADDRESS]` sections, as written.
    public var lists: [ListSettings] = []

    /// The vendor defaults: observe, no list configured, no alert target.
    public init() {}
}
