// SPDX-License-Identifier: Apache-2.0
//
// A person's word about what a list is for. It opens and closes nothing; it is kept with the board,
// because it must outlive what was learned, and who said it must be known. The engine gives it to
// detection.

public import StormDetection

/// What a person said that a list is for.
public struct SaidKind: Sendable, Codable, Equatable {
    /// The kind.
    public var kind: ListKind
    /// Who said so, when, and why.
    public var by: Audit
}

extension BreakerBoard {
    /// Most lists whose kind is said by command; more belong into the settings.
    static let mostKinds = 1000

    /// Takes a person's word about `subject`; nil: it is learned from now on.
    mutating func sayKind(_ subject: Subject, _ kind: ListKind?, by audit: Audit) {
        guard subject.sender == nil, subject != .queue else {
            return answer(64, "\(subject.name) is no list: only a list has a kind")
        }
        let before = kinds[subject]?.kind
        guard kind != nil || before != nil else {
            return answer(0, "\(subject.name) is taken for what it looks like already")
        }
        guard kind == nil || before != nil || kinds.count < Self.mostKinds else {
            return answer(
                1,
                "nothing was changed: the kind of \(Self.mostKinds) lists is said already; say it in "
                    + "the settings, or 'listbreaker kind LIST auto' for some"
            )
        }
        kinds[subject] = kind.map { SaidKind(kind: $0, by: audit) }
        effects.saveBoard()
        let words =
            kind.map { "is one of kind \($0.rawValue)" } ?? "is taken for what it looks like"
        let reason = audit.reason.isEmpty ? "" : ": \(audit.reason)"
        effects.note(
            LogNote(
                kind: .kind,
                priority: 5,
                text: "\(subject.name) \(words) from now on, by \(audit.who)\(reason)",
                list: subject.mailName
            )
        )
        answer(0, "\(subject.name) \(words) from now on")
    }
}
