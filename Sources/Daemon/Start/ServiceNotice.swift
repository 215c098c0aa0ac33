// SPDX-License-Identifier: Apache-2.0
//
// What systemd is told (sd_notify(3)). The watchdog is answered by the loop after a full turn, never
// by a timer of its own: a loop that hangs must be found.

internal import CSystemd
internal import Linux

/// Notices to the service manager; without one they go nowhere.
struct ServiceNotice: Sendable {
    /// READY=1: settings valid, halts re-asserted, journal caught up, socket listening.
    func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

    /// STATUS=, one line for `systemctl status`.
    func status(_ text: String) { send("STATUS=\(text)") }

    /// A reload begins; MONOTONIC_USEC is demanded by newer systemd.
    func reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic / 1000)")
    }

    /// STOPPING=1.
    func stopping() { send("STOPPING=1\nSTATUS=stopping; an open breaker stays open") }

    /// WATCHDOG=1, after a full turn of the loop, once a second while there is traffic.
    func alive() { send("WATCHDOG=1") }

    /// Reading old entries takes longer than the start-up limit: another minute.
    func catchingUp(status: String) { send("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=\(status)") }

    private func send(_ text: String) {
        _ = unsafe sd_notify(0, text.split(separator: "\0").joined())
    }
}
