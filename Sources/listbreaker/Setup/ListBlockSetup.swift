// SPDX-License-Identifier: Apache-2.0
//
// The list block of one Postfix instance: what main.cf must say so that Postfix itself holds the mail
// of a list that is open, also while nobody of us runs. Made once; the actuator fills the tables.
// Nothing is held by it until then. The mistake to avoid: removing a table that main.cf still
// names, because smtpd(8) then answers 451 to everybody.

internal import Control
internal import Glibc
internal import HaltWire

/// The list block in one configuration directory.
struct ListBlockSetup {
    /// First and last line of our block in main.cf.
    static let marks = MainFile.Marks(
        first: "# listbreaker: list block; to undo: listbreaker setup postfix --list-block --undo",
        last: "# listbreaker: end of list block"
    )

    /// The configuration directory.
    let directory: String
    /// The kind of table that is or would be used.
    let kind: String

    var mainPath: String { "\(directory)/main.cf" }
    /// The tables as main.cf names them.
    var tables: [String] { ListBlock.Table.allCases.map(table) }

    /// Words that come first in parameters which the site may have set as well.
    var leads: [MainFile.Lead] {
        [
            .init(name: "smtpd_restriction_classes", words: [ListBlock.restriction]),
            .init(
                name: "smtpd_recipient_restrictions",
                words: [
                    "check_recipient_access \(table(.posts))",
                    "check_sender_access \(table(.senders))",
                ]
            ),
            .init(name: "transport_maps", words: [table(.transport)]),
            .init(name: "defer_transports", words: [ListBlock.transport]),
        ]
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
    init(directory given: String?) throws {
        directory = try Postconf.directory(given)
        let known = try Postconf.ask(directory, ["-m"]).split(separator: "\n").map(String.init)
        let usual = try Postconf.ask(directory, ["-h", "default_database_type"])
        let bytes = try TextFile.read("\(directory)/main.cf") ?? []
        let text = String(decoding: bytes, as: UTF8.self)
        let posts = "\(directory)/\(ListBlock.Table.posts.rawValue)"
        let used = ListBlock.kinds.first { text.contains("\($0):\(posts)") }
        let usable = ([usual] + ListBlock.kinds).first {
            ListBlock.kinds.contains($0) && known.contains($0)
        }
        guard let found = used ?? usable else {
            throw Failure(
                code: ControlCode.failed,
                message: "Postfix knows none of the tables that can be used: "
                    + ListBlock.kinds.joined(separator: ", ")
            )
        }
        kind = found
    }

    /// How it stands now.
    func standing() throws -> HeaderLogging.Standing {
        guard try main().hasTraces(of: leads, Self.marks) else { return .absent }
        let names = [
            "smtpd_recipient_restrictions", "transport_maps", "smtpd_restriction_classes",
            "defer_transports",
        ]
        let values = try names.map { try Postconf.ask(directory, ["-h", $0]) }
        let isWhole =
            values[0].contains(table(.posts)) && values[0].contains(table(.senders))
            && values[1].contains(table(.transport)) && values[2].contains(ListBlock.restriction)
            && values[3].contains(ListBlock.transport)
        return isWhole ? .present : .ineffective
    }

    /// What would be added to main.cf.
    func changes() throws -> [String] {
        var main = try self.main()
        return main.install(leads, lines: lines, Self.marks)
    }

    /// Makes it: the tables, empty, and then main.cf.
    func apply() throws {
        var main = try self.main()
        for table in ListBlock.Table.allCases {
            if let old = try TextFile.read(path(table)),
                !old.starts(with: ListBlock.opening.utf8)
            {
                throw Failure(
                    code: ControlCode.failed,
                    message: "'\(path(table))' is there and is not ours; nothing was changed"
                )
            }
        }
        _ = main.install(leads, lines: lines, Self.marks)
        do {
            for table in ListBlock.Table.allCases {
                let text = ListBlock.text(of: table, for: [])
                try TextFile.replace(path(table), with: Array(text.utf8))
                let outcome = try Tool("/usr/sbin/postmap", ["-c", directory, self.table(table)])
                    .run()
                guard outcome.status == 0 else {
                    throw Failure(
                        code: ControlCode.failed,
                        message: "postmap \(self.table(table)): \(outcome.complaint)"
                    )
                }
            }
            try TextFile.replace(mainPath, with: main.bytes)
        } catch {
            for table in ListBlock.Table.allCases { try removeTable(table) }
            throw error
        }
        guard try standing() == .present else {
            _ = try undo()
            throw Failure(
                code: ControlCode.failed,
                message: "Postfix does not take the list block from '\(mainPath)'; it was undone"
            )
        }
    }

    /// Takes it back; returns what somebody else changed, and what was left because of that.
    func undo() throws -> [String] {
        var main = try self.main()
        let before = main
        var remarks = main.remove(leads, lines: lines, Self.marks)
        if main != before { try TextFile.replace(mainPath, with: main.bytes) }
        let references =
            try Postconf.ask(directory, ["-n"])
            + ((try? Postconf.ask(directory, ["-P"])) ?? "")
        for table in ListBlock.Table.allCases {
            // Postfix defers all mail when a table that it is told to use is missing.
            if references.contains(path(table)) {
                remarks.append("kept '\(path(table))', since the configuration still names it")
            } else {
                try removeTable(table)
            }
        }
        return remarks
    }

    /// Lists that it holds now.
    func held() -> [String] {
        let bytes = (try? TextFile.read(path(.posts))) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first }
            .map(String.init)
    }

    /// Services of master.cf that have restrictions or transports of their own.
    func exceptions() -> [String] {
        let overrides = (try? Postconf.ask(directory, ["-P"])) ?? ""
        let names = ["/smtpd_recipient_restrictions", "/transport_maps"]
        return overrides.split(separator: "\n").map(String.init).filter { line in
            let name = line.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
            return names.contains { name.trimmingBlanks.hasSuffix($0) }
        }
    }

    private func table(_ table: ListBlock.Table) -> String { "\(kind):\(path(table))" }

    private func path(_ table: ListBlock.Table) -> String { "\(directory)/\(table.rawValue)" }

    private func removeTable(_ table: ListBlock.Table) throws {
        for ending in ["", ".db", ".lmdb", ".cdb"] { try TextFile.remove(path(table) + ending) }
    }

    private func main() throws -> MainFile {
        guard let bytes = try TextFile.read(mainPath) else {
            throw Failure(code: ControlCode.failed, message: "there is no '\(mainPath)'")
        }
        return MainFile(bytes)
    }
}
