// SPDX-License-Identifier: Apache-2.0
//
// What the command line of listbreakerd may say. Values only; the settings files say the rest.

internal import Glibc

/// Where the daemon finds its things.
public struct DaemonOptions: Sendable {
    /// One settings file instead of the usual ones; empty: vendor, host and drop-ins.
    public var config = ""
    /// Directory of the saved state.
    public var stateDirectory = "/var/lib/listbreaker"
    /// Path of the control socket; a socket passed by systemd wins over it.
    public var controlSocket = "/run/listbreaker/control.sock"
    /// The settings of the fleet; where there is no such file, there is no fleet.
    public var fleet = "/etc/listbreaker/fleet.conf"
    /// Directory of journal files instead of what the settings name; empty: the settings'.
    public var journalDirectory = ""
    /// Whether entries without trusted fields are believed: for imported or synthetic journals.
    public var believesUntrusted = false

    /// Where an administrator puts the secrets of alert scripts.
    var secrets = "/etc/listbreaker/credentials"
    /// Where systemd put our copies of them; nil: it gave us none.
    var credentials = unsafe getenv("CREDENTIALS_DIRECTORY").map { unsafe String(cString: $0) }

    /// The usual places.
    public init() {}
}

/// Exit codes, sysexits.h.
public enum ExitCode {
    /// Ended by SIGTERM or SIGINT.
    public static let done: Int32 = 0
    /// The state or the journal is not available.
    public static let unavailable: Int32 = 69
    /// A permission is missing.
    public static let noPermission: Int32 = 77
    /// The settings are wrong.
    public static let configuration: Int32 = 78
}
