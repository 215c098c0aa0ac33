// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: what goes beyond the halt itself, where it is wanted: the list block of Postfix, and
// Mailman as a further stop.

internal import Breaker
internal import HaltWire
internal import Settings
internal import Words

/// The list block, and the list manager.
struct FurtherExam {
    let settings: Settings
    let configDirectory: String?
    let credentials: String

    /// What was found.
    var findings: [Finding] { [listBlock, mailman].compactMap { $0 } }

    /// Nil when no list is held alone, or there is no Postfix.
    private var listBlock: Finding? {
        let isWanted =
            settings.halt.scope == .list || settings.lists.contains { $0.scope == .list }
        guard let setup = try? ListBlockSetup(directory: configDirectory),
            let standing = try? setup.standing(), isWanted || standing != .absent
        else { return nil }
        let at = "--config-directory \(shellWord(setup.directory))"
        let apply = "listbreaker setup postfix --list-block --apply \(at)"
        let reload = "postfix -c \(shellWord(setup.directory)) reload"
        switch standing {
        case .present: return .ok("list block", "a list is held while listbreaker is down, too")
        case .absent:
            return .warning(
                "list block",
                "new mail of a list that is held alone (Scope=list) flows while listbreaker is down",
                fix: "\(apply) && \(reload)"
            )
        case .ineffective:
            return .problem(
                "list block",
                "the list block is set up, and a later line of main.cf takes its place",
                fix: "listbreaker setup postfix --list-block --undo \(at); \(apply) && \(reload)"
            )
        }
    }

    /// Nil when it is not configured.
    private var mailman: Finding? {
        let mailman = settings.mailman
        guard !mailman.url.isEmpty else { return nil }
        let file = mailman.passwordFile
        let path = file.hasPrefix("/") ? file : "\(credentials)/\(file)"
        guard let bytes = try? TextFile.read(path) else {
            return .problem(
                "mailman",
                "its password, \(path), is missing or cannot be read",
                fix: "install -m 600 /dev/null \(shellWord(path)) && editor \(shellWord(path))"
            )
        }
        let line = bytes.prefix { $0 != 0x0a && $0 != 0x0d }
        let rest = MailmanREST(
            url: mailman.url,
            user: mailman.user,
            password: String(decoding: line, as: UTF8.self)
        )
        do throws(HaltError) {
            return .ok("mailman", "\(try rest.version()) answers")
        } catch {
            return .problem("mailman", "\(error)", fix: "systemctl status mailman3")
        }
    }
}
