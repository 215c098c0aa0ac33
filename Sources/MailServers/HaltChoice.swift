// SPDX-License-Identifier: Apache-2.0
//
// Which mail server is to be halted: what the settings say, else what is installed, else what runs.
// The actuator reads two keys itself and nothing else, and only from files that nobody but root
// may write: a mistake anywhere else in the settings must not keep mail from being halted.

internal import Glibc
internal import HaltWire

/// What `[Halt]` says about the mail server.
struct HaltChoice: Equatable {
    /// `MTA=`; nil: find out.
    var mta: MTA?
    /// `Script=`, for `exec`.
    var script = ""

    /// Files in the order in which they count, the last word wins.
    static let files = [
        "/usr/lib/listbreaker/listbreaker.conf", "/etc/listbreaker/listbreaker.conf",
    ]
    static let dropIns = "/etc/listbreaker/listbreaker.conf.d"

    /// Reads the settings of this host.
    static func read() -> HaltChoice {
        let more = StateFile.names(below: dropIns).filter { $0.hasSuffix(".conf") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var choice = HaltChoice()
        for path in files + more.map({ "\(dropIns)/\($0)" }) {
            guard let status = StateFile.status(path), status.st_uid == 0,
                status.st_mode & 0o022 == 0, let bytes = try? StateFile.read(path)
            else { continue }
            choice.apply(String(decoding: bytes, as: UTF8.self))
        }
        return choice
    }

    /// Takes over what `text`, a settings file, says.
    mutating func apply(_ text: String) {
        var isHalt = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.trimmed
            if words.hasPrefix("[") { isHalt = words == "[Halt]" }
            guard isHalt, let equals = words.firstIndex(of: "=") else { continue }
            let value = words[words.index(after: equals)...].trimmed
            switch words[..<equals].trimmed {
            case "MTA": mta = MTA(rawValue: String(value))
            case "Script": script = String(value)
            default: break
            }
        }
    }

    /// The mail server to halt.
    ///
    /// - Returns: the one that the settings name, the only one installed, or the only one of these
    ///   that runs.
    /// - Throws: ``HaltError`` when there is none, or no telling which.
    func server() throws(HaltError) -> MTA {
        if let mta { return mta }
        let installed = MTA.allCases.filter { $0.isInstalled }
        if installed.count == 1 { return installed[0] }
        let running = installed.filter { !ProcessTable.named($0.processNames).isEmpty }
        if running.count == 1 { return running[0] }
        let names = installed.map(\.rawValue).joined(separator: ", ")
        throw HaltError(
            code: .missing,
            operation: "tell which mail server to halt",
            path: "",
            reason: installed.isEmpty
                ? "neither Postfix, Exim, OpenSMTPD nor Sendmail is installed"
                : "\(names) are installed, and \(running.isEmpty ? "none" : "more than one") runs",
            next: "set MTA= in section [Halt] of listbreaker.conf"
        )
    }
}

extension MTA {
    /// Whether its programs are there; never of `exec`, which must be asked for.
    var isInstalled: Bool {
        let programs: [[String]] =
            switch self {
            case .postfix: [["/usr/sbin/postconf"]]
            case .exim: EximSite.programs.map { [$0] }
            case .opensmtpd: [["/usr/sbin/smtpd", "/usr/sbin/smtpctl"]]
            case .sendmail: SendmailSite.programs.map { [$0, SendmailSite.makemap] }
            case .exec: []
            }
        return programs.contains { $0.allSatisfy { unsafe access($0, X_OK) == 0 } }
    }

    /// Names that its processes go by.
    var processNames: Set<String> {
        switch self {
        case .postfix: ["master", "qmgr"]
        case .exim: EximDeliveries.names
        case .opensmtpd: ["smtpd"]
        case .sendmail: SendmailSite.names
        case .exec: []
        }
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    fileprivate var trimmed: SubSequence {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }),
            let last = lastIndex(where: { !isBlank($0) })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
