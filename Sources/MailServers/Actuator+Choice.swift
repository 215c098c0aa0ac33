// SPDX-License-Identifier: Apache-2.0
//
// Which driver a command is for. While mail is halted it is the one that halted it, whatever the
// settings say by now: what was done must be undone by whoever did it.

internal import Glibc
internal import HaltWire

extension Actuator.Place {
    /// The mail server to speak to.
    ///
    /// - Throws: ``HaltError`` when there is none, or no telling which.
    func server() throws(HaltError) -> MTA {
        if let mta { return mta }
        let path = "\(state)/mta"
        if try HaltMarker.read(state: state) != nil, let word = try StateFile.read(path),
            let mta = MTA(rawValue: String(decoding: word, as: UTF8.self))
        {
            return mta
        }
        let mta = try HaltChoice.read().server()
        // A state directory that cannot be written shows in the halt itself.
        if (try? StateFile.read(path)) != Array(mta.rawValue.utf8) {
            try? StateFile.replace(path, with: Array(mta.rawValue.utf8))
        }
        return mta
    }

    /// Whether Postfix was spoken to last; asks and writes nothing.
    var isPostfixLast: Bool {
        if let mta { return mta == .postfix }
        let word = try? StateFile.read("\(state)/mta")
        return word == Array(MTA.postfix.rawValue.utf8)
    }

    /// The driver of a mail server other than Postfix.
    ///
    /// - Throws: ``HaltError`` when it is not installed or cannot be asked.
    func driver(of mta: MTA) throws(HaltError) -> any MTADriver {
        switch mta {
        case .exim:
            guard let program = EximSite.installed else {
                throw missing(EximSite.programs[0], "Exim is not installed")
            }
            return EximDriver(site: try EximSite(program: program), state: "\(state)/exim")
        case .opensmtpd:
            let spool = SmtpdSpool(path: SmtpdSpool.standard)
            return SmtpdDriver(spool: spool, state: "\(state)/opensmtpd")
        case .sendmail:
            return SendmailDriver(site: try SendmailSite.find(), state: "\(state)/sendmail")
        case .exec:
            return ExecDriver(script: HaltChoice.read().script, state: state)
        case .postfix:
            throw missing("", "there is no driver for \(mta.rawValue) here")
        }
    }

    private func missing(_ path: String, _ reason: String) -> HaltError {
        HaltError(code: .missing, operation: "halt mail by", path: path, reason: reason)
    }
}
