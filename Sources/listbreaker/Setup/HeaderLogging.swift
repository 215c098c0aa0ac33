// SPDX-License-Identifier: Apache-2.0
//
// Header logging of one Postfix instance: how it stands, making it, taking it back. What Postfix's
// configuration says is asked from postconf(1); main.cf itself is edited by us, because postconf -e
// would fold and reformat what the site wrote, and undoing must be exact.

internal import Control

/// Header logging in one configuration directory.
struct HeaderLogging {
    /// How it stands.
    enum Standing: String, Encodable {
        /// Not set up.
        case absent
        /// Set up, and in force.
        case present
        /// Set up, but a later change keeps it from working.
        case ineffective
    }

    /// The configuration directory.
    let directory: String
    /// The kind of table that is or would be used.
    let kind: HeaderTable.Kind
    /// Whether Postfix knows better tables than are used.
    var isSecondBest: Bool { kind != .pcre }

    var mainPath: String { "\(directory)/main.cf" }
    var tablePath: String { "\(directory)/\(HeaderTable.fileName)" }
    /// The table as main.cf names it.
    var table: String { "\(kind.rawValue):\(tablePath)" }

    /// The instance in `directory`; nil: the one that postconf(1) takes without -c.
    ///
    /// Throws ``Failure`` when there is no Postfix, or no main.cf.
    init(directory given: String?) throws {
        let found = try Postconf.directory(given)
        let known = try Postconf.ask(found, ["-m"]).split(separator: "\n")
        directory = found
        let used = HeaderTable.Kind.allCases.first { kind in
            let table = "\(kind.rawValue):\(found)/\(HeaderTable.fileName)"
            let bytes = (try? TextFile.read("\(found)/main.cf")) ?? nil
            return bytes.map { String(decoding: $0, as: UTF8.self).contains(table) } ?? false
        }
        let best = HeaderTable.Kind.allCases.first { known.contains($0.rawValue[...]) }
        kind = used ?? best ?? .regexp
    }

    /// How it stands now.
    func standing() throws -> Standing {
        let main = try self.main()
        let value = try Postconf.ask(directory, ["-h", "header_checks"])
        guard main.block != nil else { return value.contains(table) ? .present : .absent }
        return value.contains(table) ? .present : .ineffective
    }

    /// What would be added to main.cf.
    func changes() throws -> [String] {
        var main = try self.main()
        let old = main.value(of: "header_checks")
        let added = main.install(table)
        return old == nil ? added : ["header_checks = \(old ?? "") \(table)"] + added
    }

    /// Makes it; main.cf is written last.
    func apply() throws {
        var main = try self.main()
        if let old = try TextFile.read(tablePath), !old.starts(with: HeaderTable.opening.utf8) {
            throw Failure(
                code: ControlCode.failed,
                message: "'\(tablePath)' is there and is not ours; nothing was changed"
            )
        }
        let added = main.install(table)
        try TextFile.replace(tablePath, with: Array(HeaderTable.text(kind, added: added).utf8))
        do {
            try prove()
            try TextFile.replace(mainPath, with: main.bytes)
        } catch {
            try TextFile.remove(tablePath)
            throw error
        }
        guard try standing() == .present else {
            _ = try undo()
            throw Failure(
                code: ControlCode.failed,
                message: "Postfix does not take header_checks from '\(mainPath)'; it was undone"
            )
        }
    }

    /// Takes it back; returns what somebody else changed, and what was left because of that.
    func undo() throws -> [String] {
        var main = try self.main()
        let text = try TextFile.read(tablePath).map { String(decoding: $0, as: UTF8.self) }
        let before = main
        var remarks = main.remove(table, added: text.map(HeaderTable.added))
        if main != before { try TextFile.replace(mainPath, with: main.bytes) }
        // Postfix defers all mail when a table that it is told to use is missing.
        let references = try Postconf.ask(directory, ["-n"]) + overrides()
        if references.contains(tablePath) {
            remarks.append("kept '\(tablePath)', since the configuration still names it")
        } else {
            try TextFile.remove(tablePath)
        }
        return remarks
    }

    /// Services of master.cf that look at no headers, or with tables of their own.
    func exceptions() -> [String] {
        overrides().split(separator: "\n").map(String.init).filter { line in
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return false }
            let name = String(parts[0]).trimmingBlanks
            return name.hasSuffix("/header_checks")
                || name.hasSuffix("/receive_override_options")
                    && parts[1].contains("no_header_body_checks")
        }
    }

    /// The value of a parameter, expanded.
    func parameter(_ name: String) throws -> String {
        try Postconf.ask(directory, ["-xh", name])
    }

    /// Parameters set in master.cf; none when that cannot be read.
    private func overrides() -> String { (try? Postconf.ask(directory, ["-P"])) ?? "" }

    private func main() throws -> MainFile {
        guard let bytes = try TextFile.read(mainPath) else {
            throw Failure(code: ControlCode.failed, message: "there is no '\(mainPath)'")
        }
        return MainFile(bytes)
    }

    /// Asks the table what Postfix would ask it.
    private func prove() throws {
        let header = "In-Reply-To: <parent@example.org>"
        let outcome = try Tool(
            "/usr/sbin/postmap",
            ["-c", directory, "-q", header, table]
        ).run()
        guard outcome.status == 0, outcome.text == "INFO parent=<parent@example.org>" else {
            throw Failure(
                code: ControlCode.failed,
                message: "Postfix cannot use '\(table)': \(outcome.complaint); nothing was changed"
            )
        }
    }
}
