// SPDX-License-Identifier: Apache-2.0
//
// The list block of one Postfix instance: what main.cf must say so that Postfix itself holds the mail
// of a list that is open, also while nobody of us runs; or the narrowing, which stops the whole of
// it. Made once; the actuator fills the tables. Nothing is held by it until then. The mistake to avoid: removing a table that main.cf still
// names, because smtpd(8) then answers 451 to everybody.

internal import Control
internal import Glibc
internal import HaltWire

/// The list block, or the narrowing, in one configuration directory.
struct ListBlockSetup {
    /// The two of them; a configuration has one at most.
    enum Form: String {
        /// New mail of a list is held; by tables that are noticed without a reload.
        case block = "--list-block"
        /// All of a list's mail is stopped.
        case narrow = "--narrow"

        /// What it is called, at the beginning of a sentence.
        var title: String { self == .block ? "The list block" : "The narrowing" }
        /// The other one.
        var other: Form { self == .block ? .narrow : .block }
    }

    /// Which of the two.
    let form: Form
    /// The configuration directory.
    let directory: String
    /// The kind of table that is or would be used.
    let kind: String

    /// First and last line of our block in main.cf.
    var marks: MainFile.Marks {
        let name = form == .block ? "list block" : "narrowing"
        return MainFile.Marks(
            first:
                "# listbreaker: \(name); to undo: listbreaker setup postfix \(form.rawValue) --undo",
            last: "# listbreaker: end of \(name)"
        )
    }

    var mainPath: String { "\(directory)/main.cf" }
    /// The tables as main.cf names them.
    var tables: [String] { texts.map { table($0.name) } }

    /// The tables' files and what they say at rest.
    private var texts: [(name: String, text: String)] {
        form == .block
            ? ListBlock.Table.allCases.map { ($0.rawValue, ListBlock.text(of: $0, for: [])) }
            : Narrowing.Table.allCases.map { ($0.rawValue, Narrowing.text(of: $0, for: [])) }
    }

    /// How a table of ours begins.
    private var opening: String { form == .block ? ListBlock.opening : Narrowing.opening }

    /// Words that come first in parameters which the site may have set as well.
    var leads: [MainFile.Lead] {
        var leads: [MainFile.Lead] = [
            .init(name: "smtpd_restriction_classes", words: [ListBlock.restriction]),
            .init(
                name: "smtpd_recipient_restrictions",
                words: [
                    "check_recipient_access \(posts)", "check_sender_access \(senders)",
                ]
            ),
            .init(name: "transport_maps", words: [transport]),
            .init(name: "defer_transports", words: [ListBlock.transport]),
        ]
        if form == .narrow {
            leads += [
                .init(
                    name: "sender_dependent_default_transport_maps",
                    words: [table(Narrowing.Table.routes.rawValue)]
                ),
                .init(
                    name: "virtual_alias_maps",
                    words: [table(Narrowing.Table.aliases.rawValue)],
                    fallback: ["$virtual_maps"]
                ),
            ]
        }
        return leads
    }

    private var posts: String {
        table(form == .block ? ListBlock.Table.posts.rawValue : Narrowing.Table.posts.rawValue)
    }
    private var senders: String {
        table(form == .block ? ListBlock.Table.senders.rawValue : Narrowing.Table.senders.rawValue)
    }
    private var transport: String {
        table(
            form == .block ? ListBlock.Table.transport.rawValue : Narrowing.Table.transport.rawValue
        )
    }

    /// The restriction class that the tables name.
    var lines: [String] {
        [
            "\(ListBlock.restriction) ="
                + " check_recipient_access static:{PREPEND \(ListBlock.header): list block},"
                + " check_recipient_access static:{HOLD \(ListBlock.reason)}"
        ]
    }

    /// The instance in `directory`; nil: the one that postconf(1) takes without -c.
    ///
    /// Throws ``Failure`` when there is no Postfix, or none with a kind of table that will do.
    init(_ form: Form = .block, directory given: String?) throws {
        self.form = form
        directory = try Postconf.directory(given)
        let known = try Postconf.ask(directory, ["-m"]).split(separator: "\n").map(String.init)
        let kinds = form == .block ? ListBlock.kinds : [Narrowing.kind]
        let usual = try Postconf.ask(directory, ["-h", "default_database_type"])
        let bytes = try TextFile.read("\(directory)/main.cf") ?? []
        let text = String(decoding: bytes, as: UTF8.self)
        let posts = "\(directory)/\(ListBlock.Table.posts.rawValue)"
        let used = kinds.first { text.contains("\($0):\(posts)") }
        let usable = ([usual] + kinds).first { kinds.contains($0) && known.contains($0) }
        guard let found = used ?? usable else {
            throw Failure(
                code: ControlCode.failed,
                message: "Postfix knows none of the tables that can be used: "
                    + kinds.joined(separator: ", ")
            )
        }
        kind = found
    }

    /// Whether main.cf has anything that is this form's alone: both define the class, and name the
    /// transport.
    private func hasTraces(_ main: MainFile) -> Bool {
        let own = leads.filter { lead in lead.words.contains { $0.contains(directory) } }
        return main.hasTraces(of: own, marks)
    }

    /// How it stands now.
    func standing() throws -> HeaderLogging.Standing {
        guard hasTraces(try main()) else { return .absent }
        // A later line of main.cf takes the place of ours as a whole, so each of our words counts.
        let isWhole = try leads.allSatisfy { lead in
            let value = try Postconf.ask(directory, ["-h", lead.name])
            return lead.words.allSatisfy { value.contains($0) }
        }
        return isWhole ? .present : .ineffective
    }

    /// What would be added to main.cf.
    func changes() throws -> [String] {
        var main = try self.main()
        return main.install(leads, lines: lines, marks)
    }

    /// Makes it: the tables, empty, and then main.cf.
    func apply() throws {
        let other = try ListBlockSetup(form.other, directory: directory)
        guard try other.standing() == .absent else {
            throw Failure(
                code: ControlCode.failed,
                message: "\(other.form.title.lowercased()) is set up, and both at once are one too "
                    + "many; first: listbreaker setup postfix \(other.form.rawValue) --undo"
            )
        }
        var main = try self.main()
        for (name, _) in texts {
            if let old = try TextFile.read(path(name)), !old.starts(with: opening.utf8) {
                throw Failure(
                    code: ControlCode.failed,
                    message: "'\(path(name))' is there and is not ours; nothing was changed"
                )
            }
        }
        _ = main.install(leads, lines: lines, marks)
        do {
            for (name, text) in texts {
                try TextFile.replace(path(name), with: Array(text.utf8))
                // A table of expressions is its own text.
                guard form == .block else { continue }
                let outcome = try Tool("/usr/sbin/postmap", ["-c", directory, table(name)]).run()
                guard outcome.status == 0 else {
                    throw Failure(
                        code: ControlCode.failed,
                        message: "postmap \(table(name)): \(outcome.complaint)"
                    )
                }
            }
            try TextFile.replace(mainPath, with: main.bytes)
        } catch {
            for (name, _) in texts { try removeTable(name) }
            throw error
        }
        guard try standing() == .present else {
            _ = try undo()
            throw Failure(
                code: ControlCode.failed,
                message:
                    "Postfix does not take \(form.title.lowercased()) from '\(mainPath)'; it was undone"
            )
        }
    }

    /// Takes it back; returns what somebody else changed, and what was left because of that.
    func undo() throws -> [String] {
        var main = try self.main()
        let other = try ListBlockSetup(form.other, directory: directory)
        // What both have in common belongs to the one that is set up.
        if !hasTraces(main), try other.standing() != .absent { return [] }
        let before = main
        var remarks = main.remove(leads, lines: lines, marks)
        if main != before { try TextFile.replace(mainPath, with: main.bytes) }
        let references =
            try Postconf.ask(directory, ["-n"])
            + ((try? Postconf.ask(directory, ["-P"])) ?? "")
        for (name, _) in texts {
            // Postfix defers all mail when a table that it is told to use is missing.
            if references.contains(path(name)) {
                remarks.append("kept '\(path(name))', since the configuration still names it")
            } else {
                try removeTable(name)
            }
        }
        return remarks
    }

    /// Lists that it holds now.
    func held() -> [String] {
        let bytes = (try? TextFile.read(path(texts[0].name))) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first }
            .map { key in
                // `/^news@example\.org$/`
                form == .block
                    ? String(key) : String(key.dropFirst(2).dropLast(2).filter { $0 != "\\" })
            }
    }

    /// Services of master.cf that have restrictions or transports of their own.
    func exceptions() -> [String] {
        let overrides = (try? Postconf.ask(directory, ["-P"])) ?? ""
        let names = leads.map { "/\($0.name)" } + (form == .narrow ? ["/content_filter"] : [])
        return overrides.split(separator: "\n").map(String.init).filter { line in
            let name = line.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
            return names.contains { name.trimmingBlanks.hasSuffix($0) }
        }
    }

    /// Ways out that copies take past the narrowing, which goes by the default route.
    func roundabouts() -> [String] {
        guard form == .narrow else { return [] }
        let names = ["transport_maps", "relay_domains", "content_filter"]
        return names.compactMap { name in
            var value = (try? Postconf.ask(directory, ["-xh", name])) ?? ""
            for lead in leads where lead.name == name {
                for word in lead.words { value = value.replacing(word, with: "") }
            }
            value = value.drop { $0 == "," || $0 == " " }.description.trimmingBlanks
            // The default since 3.0 without compatibility names what mydestination does: local.
            guard !value.isEmpty else { return nil }
            return "\(name) = \(value)"
        }
    }

    private func table(_ name: String) -> String { "\(kind):\(path(name))" }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    private func removeTable(_ name: String) throws {
        for ending in ["", ".db", ".lmdb", ".cdb"] { try TextFile.remove(path(name) + ending) }
    }

    private func main() throws -> MainFile {
        guard let bytes = try TextFile.read(mainPath) else {
            throw Failure(code: ControlCode.failed, message: "there is no '\(mainPath)'")
        }
        return MainFile(bytes)
    }
}
