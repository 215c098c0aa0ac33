// SPDX-License-Identifier: Apache-2.0
//
// The tables of one instance on disk, and our record of what they are meant to say. The record is
// durable before a table changes, and a table's text is put in place after its database, so that
// a kill at any point is made good by the next call. A database is built under another name and
// renamed: no program of Postfix ever sees half of one. A narrowing's tables are texts, and Postfix must
// be told that they changed; that it has yet to be is part of the record.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire

/// The list block of one Postfix instance.
struct ListTables {
    /// A list whose block was taken away a while ago.
    ///
    /// An SMTP session that was open then goes on with the old table.
    struct Lifted: Codable, Equatable {
        var list: BlockedList
        /// When, in seconds since 1970.
        var at: Int64
    }

    /// What the tables are meant to say.
    struct Content: Codable, Equatable {
        var blocked: [BlockedList] = []
        var lifted: [Lifted] = []
        /// Whether Postfix has yet to be told that the tables changed; those of a narrowing it does
        /// not look at by itself.
        var isReloadDue: Bool?
        /// Those that are blocked, and those that were until a while ago.
        var all: [BlockedList] { blocked + lifted.map(\.list) }
        var isEmpty: Bool { blocked.isEmpty && lifted.isEmpty && isReloadDue != true }
    }

    /// What main.cf is set up for.
    enum Form: Equatable {
        /// The list block, with tables of this kind.
        case block(kind: String)
        /// Narrowing.
        case narrow
    }

    /// Seconds for which a lifted list is looked after: 3,600.
    ///
    /// Chosen; smtpd(8) ends a silent session after five minutes.
    static let aftercare: Int64 = 3600

    let configuration: String
    private let record: String

    init(configuration: String, state: String) {
        self.configuration = configuration
        record = "\(state)/list-block"
    }

    /// What main.cf names; nil when neither is set up.
    ///
    /// - Throws: ``HaltError`` when main.cf cannot be read.
    func form() throws(HaltError) -> Form? {
        let main = try StateFile.read("\(configuration)/main.cf") ?? []
        let lines = String(decoding: main, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
        func names(_ kind: String, _ table: String) -> Bool {
            lines.contains { $0.contains("\(kind):\(configuration)/\(table)") }
        }
        if names(Narrowing.kind, Narrowing.Table.routes.rawValue) { return .narrow }
        return ListBlock.kinds.first { names($0, ListBlock.Table.posts.rawValue) }
            .map { .block(kind: $0) }
    }

    /// What was recorded; nothing when there is no record, or one that nobody can read.
    func recorded() throws(HaltError) -> Content {
        guard let bytes = try StateFile.read(record) else { return Content() }
        return (try? JSONDecoder().decode(Content.self, from: Data(bytes))) ?? Content()
    }

    /// Makes the tables hold `lists` and no others, where the block is set up.
    ///
    /// - Returns: what is recorded now.
    /// - Throws: ``HaltError``; the next call makes good what is missing.
    func set(
        _ lists: [BlockedList],
        now: Int64,
        patience: Patience
    ) throws(HaltError) -> Content {
        let form = try form()
        let old = try recorded()
        // The block holds posts, and a soft hold must see what they become.
        let lists = form == .narrow ? lists : lists.filter { $0.isSoft != true }
        var new = Content(blocked: form == nil ? [] : lists)
        new.lifted = old.lifted.filter { now - $0.at < Self.aftercare }
        new.lifted += old.blocked.map { Lifted(list: $0, at: now) }
        new.lifted.removeAll { lifted in lists.contains { $0.list == lifted.list.list } }
        if form == .narrow {
            var isChanged = old.isReloadDue == true
            for table in Narrowing.Table.allCases {
                if try StateFile.read(path(table)) != text(of: table, new.blocked) {
                    isChanged = true
                }
            }
            new.isReloadDue = isChanged ? true : nil
        }
        if new != old {
            if !new.isEmpty {
                try record(new)
            } else if form == nil {
                try StateFile.remove(record)
            }
        }
        switch form {
        case .block(let kind):
            for table in ListBlock.Table.allCases {
                try write(table, kind, new.blocked, patience)
            }
        case .narrow:
            for table in Narrowing.Table.allCases { try write(table, new.blocked) }
        case nil: break
        }
        if new.isEmpty { try StateFile.remove(record) }
        return new
    }

    /// Notes that Postfix reads the tables as they are now.
    func noteLoaded() throws(HaltError) {
        var content = try recorded()
        content.isReloadDue = nil
        if content.isEmpty { try StateFile.remove(record) } else { try record(content) }
    }

    private func record(_ content: Content) throws(HaltError) {
        guard let bytes = try? JSONEncoder().encode(content) else {
            preconditionFailure("lists of plain values can always be encoded")
        }
        try StateFile.replace(record, with: Array(bytes))
    }

    private func path(_ table: Narrowing.Table) -> String { "\(configuration)/\(table.rawValue)" }

    private func text(of table: Narrowing.Table, _ lists: [BlockedList]) -> [UInt8] {
        Array(Narrowing.text(of: table, for: lists).utf8)
    }

    /// Replaces a table of the narrowing; programs that have the old one open go on with it.
    private func write(
        _ table: Narrowing.Table,
        _ lists: [BlockedList]
    ) throws(HaltError) {
        let text = text(of: table, lists)
        if try StateFile.read(path(table)) == text { return }
        guard
            var model = StateFile.status(path(table))
                ?? StateFile.status("\(configuration)/main.cf")
        else { throw .file("look at", path(table), errno: errno) }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        (model.st_atim, model.st_mtim) = (now, now)
        try StateFile.replace(path(table), with: text, like: model)
    }

    private func write(
        _ table: ListBlock.Table,
        _ kind: String,
        _ lists: [BlockedList],
        _ patience: Patience
    ) throws(HaltError) {
        let path = "\(configuration)/\(table.rawValue)"
        let text = Array(ListBlock.text(of: table, for: lists).utf8)
        let ending = ["lmdb": ".lmdb", "cdb": ".cdb"][kind] ?? ".db"
        if try StateFile.read(path) == text, StateFile.status(path + ending) != nil { return }
        let draft = "\(configuration)/.\(table.rawValue)"
        guard let model = StateFile.status(path) ?? StateFile.status("\(configuration)/main.cf")
        else { throw .file("look at", path, errno: errno) }
        try StateFile.replace(draft, with: text)
        guard unsafe chmod(draft, model.st_mode & 0o7777) == 0 else {
            throw .file("set the mode of", draft, errno: errno)
        }
        let postmap = Program(
            "\(PostfixInstance.commands)/postmap",
            ["-c", configuration, "\(kind):\(draft)"]
        )
        _ = try postmap.check(deadline: patience.left())
        try StateFile.move(draft + ending, to: path + ending)
        try StateFile.move(draft, to: path)
    }
}
