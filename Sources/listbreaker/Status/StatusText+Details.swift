// SPDX-License-Identifier: Apache-2.0
//
// What `status LIST` says more of one list: what it is for and how that is known, and what each of its
// members got lately.

internal import Reports
internal import Words

extension StatusText {
    /// The details of one list; empty of a sender.
    func details(of list: ListStatus) -> String {
        var lines: [String] = []
        if let kind = list.kind { lines.append(words(of: kind)) }
        if let burden = list.burden { lines.append(words(of: burden)) }
        return lines.map { wrapped($0, width: console.width, rest: "  ") + "\n" }.joined()
    }

    private func words(of kind: KindStatus) -> String {
        let learned = kind.learned.map { "it looks like \(shown($0)): " } ?? ""
        guard let by = kind.saidBy else {
            let word = kind.learned == nil ? "unknown yet" : "\(shown(kind.kind)), learned"
            return "Kind: \(word): \(shown(kind.evidence))"
        }
        return
            "Kind: \(shown(kind.kind)), said by \(told(by)); \(learned)\(shown(kind.evidence))"
    }

    private func words(of burden: BurdenStatus) -> String {
        let since = burden.since.map { " since \(StateWords.time($0))" } ?? " within 24 h"
        return "Burden: each member got \(burden.day.counting("mail"))\(since), "
            + "\(burden.week.grouped) within 7 days; the busiest day before had "
            + burden.busiestDay.grouped
    }
}
