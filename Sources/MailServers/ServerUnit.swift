// SPDX-License-Identifier: Apache-2.0
//
// Stopping the mail server itself, when halting it did not help and the settings allow it: through
// systemd, which also knows what belongs to it. The wish is noted before, so that the resume that
// a person asks for starts it again, and starts nothing that somebody else had stopped.

internal import HaltWire
internal import Linux

/// The mail server as a unit of systemd.
struct ServerUnit {
    /// Deadline of systemctl(1): 25 s, below the daemon's for a command.
    ///
    /// Postfix stops within 5 s.
    static let deadline = Duration.seconds(25)

    let mta: MTA
    let state: String

    private var note: String { "\(state)/stopped" }

    /// The unit's name; nil for a script of the site, which has no such verb.
    private var name: String? {
        switch mta {
        case .postfix: "postfix.service"
        case .exim: "exim4.service"
        case .opensmtpd: "opensmtpd.service"
        case .sendmail: "sendmail.service"
        case .exec: nil
        }
    }

    /// Stops it.
    ///
    /// - Throws: ``HaltError`` when systemd does not, or there is no unit.
    func stop() throws(HaltError) {
        try check()
        guard let name else { return }
        try StateFile.replace(note, with: Array("\(name)\n".utf8))
        _ = try Program("/usr/bin/systemctl", ["stop", name]).check(deadline: Self.deadline)
    }

    /// What stops it where no systemd does, as its manual has it.
    private var byHand: String {
        switch mta {
        case .postfix: "postfix stop"
        case .exim: "end its daemon, by the number that /run/exim4/exim.pid holds"
        case .opensmtpd: "end its first process: pgrep -o -x smtpd"
        case .sendmail: "end its daemon, by the number that /run/sendmail/mta/sendmail.pid holds"
        case .exec: "stop it as the site does"
        }
    }

    /// Throws when ``stop()`` cannot come to pass; asked before anything is done towards it.
    func check(hasSystemd: Bool = HostStep.hasSystemd) throws(HaltError) {
        guard name != nil else {
            throw HaltError(
                code: .refused,
                operation: "stop the mail server of",
                path: mta.rawValue,
                reason: "it has no unit that is known",
                next: "if copies still leave, \(byHand)"
            )
        }
        guard hasSystemd else {
            throw HaltError(
                code: .refused,
                operation: "stop the mail server of",
                path: mta.rawValue,
                reason: "systemd, which would, does not run here",
                next: "if copies still leave: \(byHand)"
            )
        }
    }

    /// Starts it again if ``stop()`` stopped it.
    ///
    /// - Returns: whether it was started.
    /// - Throws: ``HaltError`` when systemd does not; the wish stays, and may be repeated.
    func start() throws(HaltError) -> Bool {
        guard let name, try StateFile.read(note) != nil else { return false }
        _ = try Program("/usr/bin/systemctl", ["start", name]).check(deadline: Self.deadline)
        try StateFile.remove(note)
        return true
    }
}
