// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: what goes beyond the halt itself, where it is wanted: the list block of Postfix, and
// the list manager as a further stop.

internal import Breaker
internal import Settings
internal import Words

/// The list block, and the list manager.
struct FurtherExam {
    let settings: Settings
    let configDirectory: String?
    let credentials: String

    /// What was found.
    var findings: [Finding] { [listBlock, narrowing, manager].compactMap { $0 } }

    /// The command after which one list's mail can be stopped alone.
    static func apply(_ narrowing: ListBlockSetup) -> String {
        let directory = shellWord(narrowing.directory)
        return "listbreaker setup postfix --narrow --apply --config-directory \(directory) && "
            + "postfix -c \(directory) reload && systemctl reload listbreakerd"
    }

    /// Nil when no list is to be narrowed and nothing is set up, or there is no Postfix.
    private var narrowing: Finding? {
        let isWanted =
            settings.halt.scope == .narrow || settings.lists.contains { $0.scope == .narrow }
        guard let setup = try? ListBlockSetup(.narrow, directory: configDirectory),
            let standing = try? setup.standing(), isWanted || standing != .absent
        else { return nil }
        let at = "--config-directory \(shellWord(setup.directory))"
        let apply = "listbreaker setup postfix --narrow --apply \(at)"
        let reload = "postfix -c \(shellWord(setup.directory)) reload"
        switch standing {
        case .absent:
            return .warning(
                "narrowing",
                "Scope=narrow is set and Postfix is not set up for it: a trip halts all outbound mail",
                fix: Self.apply(setup)
            )
        case .ineffective:
            return .problem(
                "narrowing",
                "it is set up, and a later line of main.cf takes its place",
                fix: "listbreaker setup postfix --narrow --undo \(at); \(apply) && \(reload)"
            )
        case .present:
            let ways = setup.roundabouts() + setup.exceptions()
            guard ways.isEmpty else {
                return .warning(
                    "narrowing",
                    "copies of a list may go round it, which would halt all outbound mail: "
                        + ways.map(shown).joined(separator: "; "),
                    fix: "listbreaker setup postfix --narrow \(at)"
                )
            }
            return .ok("narrowing", "a list's mail is stopped as a whole while other mail flows")
        }
    }

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
    private var manager: Finding? {
        let script = settings.manager.script
        guard !script.isEmpty else { return nil }
        let path = ListManagers.path(of: script)
        guard Tool(path, []).exists else {
            return .problem(
                "list manager",
                "'\(path)' is missing or cannot be run",
                fix: "ls -l \(shellWord(path)) \(ListManagers.folder)"
            )
        }
        let name = path.split(separator: "/").last.map(String.init) ?? script
        // As the daemon asks it: what it says of lists is the daemon's business.
        let words = ["LISTBREAKER_TARGET=\(name)", "CREDENTIALS_DIRECTORY=\(credentials)"]
        do {
            let outcome = try Tool("/usr/bin/env", words + [path, "status"]).run()
            guard outcome.status == 0 else {
                return .problem(
                    "list manager",
                    outcome.complaint,
                    fix: "see listbreaker-managers(7)"
                )
            }
            let answer = outcome.text.split(separator: "\n").first { $0.hasPrefix("manager: ") }
            let who = answer.map { shown(String($0.dropFirst(9))) } ?? name
            return .ok("list manager", "\(who) answers")
        } catch {
            return .problem("list manager", "\(error)", fix: "\(shellWord(path)) status")
        }
    }
}
