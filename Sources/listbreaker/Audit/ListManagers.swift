// SPDX-License-Identifier: Apache-2.0
//
// What list managers say of a list: who may post, and where answers go. Asked by the manager scripts,
// which know where each keeps it. A script that cannot answer is named once, not for each list.

internal import Reports
internal import Words

/// What a list manager says of one list.
struct ManagerFacts: Equatable {
    /// Whose posts go out.
    enum Posting: String {
        /// Anybody's.
        case anyone
        /// Every member's.
        case members
        /// What a moderator let through.
        case moderated
        /// Only those of a few who are named.
        case few
    }

    /// The script that was asked.
    var manager = ""
    var members: Int64?
    var posting: Posting?
    /// Whether answers are led to the list; nil: not known.
    var answersGoToList: Bool?
    /// What closes it further, for a person.
    var close: String?
    /// What else is to be known.
    var remark: String?

    /// Reads what `describe` printed; lines that are not understood are passed over.
    init(manager: String, _ text: String) {
        self.manager = manager
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon] {
            case "members": members = Int64(value).flatMap { $0 > 0 ? $0 : nil }
            case "posting": posting = Posting(rawValue: String(value))
            case "answers": answersGoToList = value == "list"
            case "close": close = String(value)
            case "remark": remark = String(value)
            default: break
            }
        }
    }
}

/// The list managers of this host, as far as they can be asked.
struct ListManagers {
    /// Where the package has manager scripts.
    static let folder = "/usr/share/listbreaker/managers"
    /// Which of them knows lists with this form of envelope sender.
    private static let byForm = [
        "numberedBounces": "mlmmj", "bouncesAddress": "mailman3", "ownerAddress": "sympa",
    ]
    /// Longest wait for one answer; the scripts wait 10 s for a REST API themselves.
    private static let deadline = Duration.seconds(15)

    /// The script of the settings; empty: none.
    let script: String
    /// Scripts that could not answer, and why.
    private var failed: [String: String] = [:]

    /// Asks `script` of the settings first, then the package's own.
    init(script: String) { self.script = script }

    /// What could not be asked.
    var complaints: [Finding] {
        failed.sorted { $0.key < $1.key }.map { path, why in
            .warning(
                "list manager",
                "\(path.split(separator: "/").last ?? "") cannot be asked who may post: \(why)",
                fix: "man listbreaker-managers"
            )
        }
    }

    /// What is known of `list`; nil: nobody can be asked, or knows it.
    mutating func facts(of list: AuditedList) -> ManagerFacts? {
        for path in paths(for: list) where failed[path] == nil {
            var tool = Tool(path, ["describe", list.list])
            guard tool.exists else { continue }
            tool.deadline = Self.deadline
            let outcome: Tool.Outcome
            do { outcome = try tool.run() } catch {
                failed[path] = (error as? Failure)?.message ?? "\(error)"
                continue
            }
            let name = String(path.split(separator: "/").last ?? "")
            switch outcome.status {
            case 0: return ManagerFacts(manager: name, outcome.text)
            // It has no such list; of a script of somebody's own, perhaps no such verb.
            case 64, 67: continue
            default: failed[path] = outcome.complaint
            }
        }
        return nil
    }

    private func paths(for list: AuditedList) -> [String] {
        let own = Self.byForm[list.recognised].map { [$0] } ?? []
        let named = script.isEmpty ? [] : [script]
        var seen: Set<String> = []
        return (named + own).map(Self.path).filter { seen.insert($0).inserted }
    }

    /// Where `script` is, which is a path, or the name of one of the package's.
    static func path(of script: String) -> String {
        script.hasPrefix("/") ? script : "\(folder)/\(script)"
    }
}
