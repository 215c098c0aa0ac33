// SPDX-License-Identifier: Apache-2.0
//
// What the names in people's commands mean: a list by any of its addresses, a sender, or the scope
// of an incident by its number. A name that means nothing here is refused before anything is done.
// The mistake to avoid: taking a mistyped name at its word, and saying that mail of a list is held
// which does not exist, or that the mail of one flows which is halted.

public import Breaker
import EventTime
import ListTraffic
import Settings
public import StormDetection
internal import Words

extension Engine {
    /// Why a command is not carried out.
    public struct Refusal: Error, Sendable, Equatable {
        /// What the person is told.
        public var answer: CommandAnswer

        init(_ message: String, code: Int32 = 1) {
            answer = CommandAnswer(code: code, message: message)
        }
    }

    /// `input` with the name that is meant, of a person's command; anything else as it is.
    ///
    /// With `isNew` a name that nobody knows is taken as it stands.
    ///
    /// - Throws: ``Refusal`` when the name means nothing here, or a time is past.
    public func understood(_ input: Input, isNew: Bool = false) throws(Refusal) -> Input {
        switch input {
        case .command(.trip(let scope), let audit):
            let more =
                "nothing was tripped. --new trips it all the same; trip --queue halts all mail"
            return .command(.trip(try meant(scope, isNew, more)), by: audit)
        case .command(.reset(let scope, let held, let rate), let audit):
            return .command(.reset(try open(scope), held: held, rate: rate), by: audit)
        case .command(.holdOff(let subject, let span), let audit):
            let more = "nothing is held off. --new takes the name all the same"
            let name = try known(subject.name, isNew, more)
            return .command(.holdOff(Subject(name), span: span), by: audit)
        case .command(.kind(let subject, let kind), let audit):
            let more = "its kind is not said. --new takes the name all the same"
            let name = try known(subject.name, isNew, more)
            let said = settings.detection.perList[name]?.announceOnly
            if kind != nil, let said {
                throw Refusal(
                    "nothing was changed: the settings say AnnounceOnly=\(said ? "yes" : "no") for "
                        + "\(name); they go before a command"
                )
            }
            return .command(.kind(Subject(name), kind), by: audit)
        case .expect(let list, let copies, let until, let audit):
            guard until > audit.time else {
                throw Refusal(
                    "cannot expect a mailing until \(until.rfc3339): that is past; now it is "
                        + "\(audit.time.rfc3339)",
                    code: 64
                )
            }
            let more = "nothing is expected. --new takes the name all the same"
            let name = try known(list.lowercased(), isNew, more, orSender: true)
            return .expect(list: name, copies: copies, until: until, by: audit)
        default: return input
        }
    }

    /// What `name` means to somebody who asks: a list by any of its addresses, or a sender.
    ///
    /// - Throws: ``Refusal`` when it means nothing here; `more` is its end.
    public func subject(
        named name: String,
        else more: String = "nothing is to be explained"
    ) throws(Refusal) -> Subject {
        let name = try known(name.lowercased(), false, more, orSender: true)
        let subject = Subject(name)
        if board.knows(subject) || subject.sender != nil || traffic.list(at: name) != nil {
            return subject
        }
        return .sender(name)
    }

    /// The number of the incident that `name` means: its own, or that of a list or sender.
    ///
    /// - Throws: ``Refusal`` when there is none that is open or on probation.
    public func incident(named name: String) throws(Refusal) -> Int64 {
        if let number = Int64(name) { return try incident(number).number }
        let more = "nothing was acknowledged. \(openOnes)"
        let known = try known(name.lowercased(), false, more, orSender: true)
        let found = board.incident(of: Subject(known)) ?? board.incident(of: .sender(known))
        if let found { return found.number }
        throw Refusal("no incident of \(known) is open or on probation; \(more)")
    }

    /// The scope that a trip names.
    private func meant(
        _ scope: Subject,
        _ isNew: Bool,
        _ more: String
    ) throws(Refusal) -> Subject {
        guard let list = scope.mailName else { return scope }
        if let number = Int64(list) { return try incident(number).scope }
        return Subject(try known(list, isNew, more))
    }

    /// The scope that a reset names: one with an incident, or at least one that exists.
    private func open(_ scope: Subject) throws(Refusal) -> Subject {
        guard let list = scope.mailName else {
            let others = board.incidents.filter { $0.state == .open }
            guard board.incident(of: .queue) == nil, let first = others.first else { return scope }
            throw Refusal(
                "nothing was reset: the whole queue's own breaker is not open. \(openOnes): "
                    + first.resetCommand
            )
        }
        if let number = Int64(list) { return try incident(number).scope }
        return Subject(try known(list, false, "nothing was reset. \(openOnes)"))
    }

    private func incident(_ number: Int64) throws(Refusal) -> Incident {
        if let found = board.incidents.numbered(number) { return found }
        throw Refusal("no incident \(number) is open or on probation. \(openOnes)")
    }

    /// The name of the list or sender that is meant; `more` says what a refusal means.
    private func known(
        _ name: String,
        _ isNew: Bool,
        _ more: String,
        orSender: Bool = false
    ) throws(Refusal) -> String {
        let subject = Subject(name)
        if board.knows(subject) || subject.isDrill { return name }
        if let list = traffic.list(at: name) { return traffic.address(of: list) }
        if let bare = list(withName: name) { return bare }
        let now = sight.lastEvent ?? .distantPast
        let sender = subject.sender ?? (orSender ? name : nil)
        if orSender, board.knows(.sender(name)) { return name }
        if let sender, detector.figures(of: Subject.sender(sender).name, at: now) != nil {
            return name
        }
        if isNew { return name }
        let kind = subject.sender == nil ? "list" : "sender"
        throw Refusal("no \(kind) '\(shown(name))' is tracked or configured\(near(name)); \(more)")
    }

    /// The one tracked list whose address begins with `name` and an @; nil where there are several.
    private func list(withName name: String) -> String? {
        guard !name.contains("@"), !name.isEmpty else { return nil }
        let found = traffic.recentLists(limit: Self.mostListed).lazy.map { traffic.address(of: $0) }
            .filter { $0.hasPrefix(name + "@") }.prefix(2)
        let both = Array(found)
        return both.count == 1 ? both[0] : nil
    }

    /// Such as ` (there is a@example.org)`: the tracked lists whose names are near; empty: none is.
    private func near(_ name: String) -> String {
        let wanted = Array(name.lowercased().utf8.prefix(Self.mostCompared))
        var found: [(distance: Int, name: String)] = []
        for list in traffic.recentLists(limit: Self.mostListed) {
            let address = traffic.address(of: list)
            // A bare name is compared with bare names.
            let other = name.contains("@") ? address[...] : address.prefix { $0 != "@" }
            let distance = edits(wanted, Array(other.utf8.prefix(Self.mostCompared)))
            if distance <= max(2, wanted.count / 5) { found.append((distance, address)) }
        }
        let nearest = found.sorted { $0 < $1 }.prefix(3).map(\.name)
        return nearest.isEmpty ? "" : " (there is \(nearest.joined(separator: ", ")))"
    }

    /// Bytes of a name that are compared.
    private static let mostCompared = 64

    /// Such as `open: a@example.org (incident 3), queue (incident 4)`.
    private var openOnes: String {
        let open = board.incidents.filter { $0.state == .open }
        guard !open.isEmpty else { return "nothing is open" }
        let named = open.prefix(5).map { "\($0.scope.name) (incident \($0.number))" }
        let more = open.count > named.count ? " and \(open.count - named.count) more" : ""
        return "open: " + named.joined(separator: ", ") + more
    }
}
