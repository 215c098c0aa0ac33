// SPDX-License-Identifier: Apache-2.0
//
// The tables of one instance on disk, and our record of what they are meant to say. The record is
// durable before a table changes, and a table's text is put in place after its database, so that
// a kill at any point is made good by the next call. A database is built under another name and
// renamed: no program of Postfix ever sees half of one.

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
        var isEmpty: Bool { blocked.isEmpty && lifted.isEmpty }
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

    /// The kind of table that main.cf names; nil when the block is not set up.
    ///
    /// - Throws: ``HaltError`` when main.cf cannot be read.
    func kind() throws(HaltError) -> String? {
        let main = try StateFile.read("\(configuration)/main.cf") ?? []
        let text = String(decoding: main, as: UTF8.self)
        return ListBlock.kinds.first {
            text.contains("\($0):\(configuration)/\(ListBlock.Table.posts.rawValue)")
        }
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
        let kind = try kind()
        let old = try recorded()
        var new = Content(blocked: kind == nil ? [] : lists)
        new.lifted = old.lifted.filter { now - $0.at < Self.aftercare }
        new.lifted += old.blocked.map { Lifted(list: $0, at: now) }
        new.lifted.removeAll { lifted in lists.contains { $0.list == lifted.list.list } }
        if new != old {
            guard let bytes = try? JSONEncoder().encode(new) else {
                preconditionFailure("lists of plain values can always be encoded")
            }
            if new.isEmpty {
                if kind == nil { try StateFile.remove(record) }
            } else {
                try StateFile.replace(record, with: Array(bytes))
            }
        }
        if let kind {
            for table in ListBlock.Table.allCases {
                try write(table, kind, new.blocked, patience)
            }
        }
        if new.isEmpty { try StateFile.remove(record) }
        return new
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
