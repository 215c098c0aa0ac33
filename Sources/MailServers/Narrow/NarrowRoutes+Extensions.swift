// SPDX-License-Identifier: Apache-2.0
//
// Lists that Postfix expands under `LIST+x@` as well: a line of virtual(5) or aliases(5) is looked for without
// the extension where it is not found with it. The mistake to avoid: taking a list manager's commands for
// posts. mlmmj's are `LIST+subscribe@`, and its alias leads to one address, or to a program.

internal import HaltWire

extension NarrowRoutes {
    /// Those of `lists`, posting addresses, that are expanded with an extension as well.
    ///
    /// `+` alone is looked at: with `-` as `recipient_delimiter`, `LIST-x@` may be another list.
    ///
    /// - Throws: ``HaltError`` when Postfix, or a table, cannot be asked.
    func extended(_ lists: [String]) throws(HaltError) -> Set<String> {
        let values = try parameters(["recipient_delimiter", "virtual_alias_maps", "alias_maps"])
        guard values["recipient_delimiter"]?.contains("+") == true, !lists.isEmpty else {
            return []
        }
        var found: Set<String> = []
        for table in Self.words(values["virtual_alias_maps"] ?? "")
        where Self.isFile(table) {
            for answer in try lookUp(lists, in: table) where Self.words(answer.value).count > 1 {
                found.insert(answer.key)
            }
        }
        var names: [String: String] = [:]
        for list in lists where instance.isLocal(list) {
            names[list.lastIndex(of: "@").map { String(list[..<$0]) } ?? list] = list
        }
        guard !names.isEmpty else { return found }
        for table in Self.words(values["alias_maps"] ?? "") where Self.isFile(table) {
            for answer in try lookUp(Array(names.keys), in: table) {
                guard let list = names[answer.key], Self.isExpansion(answer.value) else { continue }
                found.insert(list)
            }
        }
        return found
    }

    /// Whether a table is a file of this host's that is looked through by key, DATABASE_README: all mail stands
    /// still while it is asked, and what goes over the network may hang.
    private static func isFile(_ table: String) -> Bool {
        let table = table.hasPrefix("proxy:") ? String(table.dropFirst("proxy:".count)) : table
        let kinds = ["hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash", "inline"]
        return kinds.contains { table.hasPrefix("\($0):") }
    }

    /// Whether the right side of an alias is people, and no program's or file's, aliases(5).
    private static func isExpansion(_ value: String) -> Bool {
        if value.contains("|") { return false }
        return value.contains(":include:") || words(value).count > 1
    }
}

extension PostfixDriver {
    /// `lists` with what is known of their extensions: those in `old` were asked about before.
    func withExtensions(
        _ lists: [BlockedList],
        _ old: ListTables.Content,
        in instance: PostfixInstance,
        _ report: inout HaltReport
    ) -> [BlockedList] {
        var known: [String: Bool] = [:]
        for list in old.blocked { known[list.list] = list.isExtended == true }
        let unknown = lists.map(\.list).filter { known[$0] == nil }
        if !unknown.isEmpty {
            let routes = NarrowRoutes(instance: instance, patience: patience)
            do throws(HaltError) {
                for list in try routes.extended(unknown) { known[list] = true }
            } catch {
                report.notes.append("whether LIST+x@ is expanded is not known: \(error)")
            }
        }
        return lists.map { list in
            var list = list
            list.isExtended = known[list.list] == true ? true : nil
            return list
        }
    }
}
