// SPDX-License-Identifier: Apache-2.0
//
// `audit`: one list, what a storm on it would cost, and the holes through which it would come. Judged
// from what the log shows and what the list manager says, where it can be asked. The mistake to avoid:
// taking what never happened for what cannot happen; the log shows who posted, not who may.

internal import EventTime
internal import Reports
internal import Words

/// One list with its findings.
struct AuditedHoles: Encodable {
    /// What closes lists of each software, as the package has it.
    private static let page = "/usr/share/doc/listbreaker/docs/closing-lists.md"

    /// Posting address.
    var list: String
    /// Mails that one answer to all makes; nil when unknown.
    var members: Int64?
    /// Whose posts go out, by the list manager's word: `anyone`, `members`, `moderated`, `few`; nil: not
    /// known.
    var posting: String?
    /// Whether answers are led to the list; nil: not known.
    var answersGoToList: Bool?
    /// What was found.
    var findings: [Finding] = []

    /// What orders the lists.
    var cost: Int64 { members ?? 0 }

    /// Its heading: what one answer to all would cost.
    var title: String {
        let cost =
            members.map {
                "one answer to all is \($0.counting("mail")), ten are \(($0 * 10).grouped)"
            }
        return "\(shown(list)): \(cost ?? "its members are not known yet")"
    }

    /// The list of an alias that the log never showed.
    private init(_ alias: LargeAliases.Found) {
        list = alias.address
        members = alias.members
        findings = [
            .warning(
                "seen",
                "an alias of \(shown(alias.file)) that nobody has posted to yet: whose mail it takes is "
                    + "not known",
                fix: "see \(Self.page)"
            )
        ]
    }

    /// Those of `aliases` that are none of `lists`, by the whole address or by the name alone.
    static func unseen(_ aliases: [LargeAliases.Found], among lists: [AuditedList])
        -> [AuditedHoles]
    {
        let known = Set(lists.flatMap { [$0.list, String($0.list.prefix { $0 != "@" })] })
        return aliases.filter {
            !known.contains($0.address) && !known.contains(String($0.address.prefix { $0 != "@" }))
        }.map(Self.init)
    }

    /// Judges `audited` and what its list manager says.
    init(_ audited: AuditedList, facts: ManagerFacts?) {
        list = audited.list
        members = [audited.members, facts?.members].compactMap { $0 }.max()
        posting = facts?.posting?.rawValue
        answersGoToList = facts?.answersGoToList
        findings = [kind(audited), poster(audited, facts), answers(audited, facts)]
            .compactMap { $0 }
        if let remark = facts?.remark { findings.append(.warning("list manager", remark)) }
        if audited.isWarmingUp {
            findings.append(
                .warning(
                    "watched",
                    "for too short a time to know its people",
                    fix: "listbreaker learn --journal"
                )
            )
        }
    }

    /// From how many members on a list is worth a word about its kind; chosen, as ``LargeAliases/fewest``.
    private var isLarge: Bool { cost >= LargeAliases.fewest }

    private func kind(_ audited: AuditedList) -> Finding? {
        guard let kind = audited.kind, isLarge else { return nil }
        if kind.kind == "unknown" {
            return .warning(
                "kind",
                "what it is for is not known: \(kind.evidence)",
                fix: "listbreaker kind \(shellWord(list)) announce   # or discussion, or role"
            )
        }
        let by = kind.saidBy.map { "said by \($0)" } ?? "learned: \(kind.evidence)"
        return .ok("kind", "\(kind.kind), \(by)")
    }

    private func poster(_ audited: AuditedList, _ facts: ManagerFacts?) -> Finding {
        let people = people(audited)
        let kind = audited.kind?.kind
        let isAnnounce = kind == "announce"
        guard let posting = facts?.posting else { return posterByLog(audited, people) }
        let who = "\(facts?.manager ?? ""): "
        switch posting {
        case .few: return .ok("posting", who + "only a few may post")
        case .moderated: return .ok("posting", who + "every post waits for a moderator")
        case .anyone where kind != "role":
            return .problem("posting", who + "anybody's posts go out. \(people)", fix: facts?.close)
        case .members where isAnnounce:
            return .problem(
                "posting",
                who + "it looks like announcements, and every member's posts go out. \(people)",
                fix: facts?.close
            )
        case .anyone, .members:
            return .ok("posting", who + "\(posting.rawValue) may post. \(people)")
        }
    }

    /// What the log alone shows of who may post.
    private func posterByLog(_ audited: AuditedList, _ people: String) -> Finding {
        switch audited.kind?.kind {
        case "discussion", "role": return .ok("posting", people)
        case "announce":
            // One who set it up and nobody else: nothing is known of anybody else's mail.
            guard audited.posters > 1 else {
                return .warning(
                    "posting",
                    "\(people) Whether others' mail would go out is not known",
                    fix: "see \(Self.page)"
                )
            }
            return .problem(
                "posting",
                "it looks like announcements, and others' posts go out. \(people)",
                fix: "see \(Self.page)"
            )
        default: return .warning("posting", "\(people) Who may is not known")
        }
    }

    private func people(_ audited: AuditedList) -> String {
        guard audited.posts > 0 else { return "Nobody has posted yet." }
        let last =
            audited.lastNewcomer.map {
                ", the last of them for the first time on \(StateWords.time($0))"
            } ?? ""
        let people =
            audited.posters == 1 ? "One person has" : "\(audited.posters.grouped) people have"
        return "\(people) posted\(audited.posters > 1 ? last : "")."
    }

    private func answers(_ audited: AuditedList, _ facts: ManagerFacts?) -> Finding? {
        guard let isToList = facts?.answersGoToList else { return nil }
        guard isToList else { return .ok("answers", "they go to who wrote") }
        return audited.kind?.kind == "announce" || cost >= 500
            ? .warning(
                "answers",
                "they go to the list (Reply-To): a word of thanks reaches all of them"
            ) : .ok("answers", "they go to the list")
    }
}
