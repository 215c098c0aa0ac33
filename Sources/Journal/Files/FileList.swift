// SPDX-License-Identifier: Apache-2.0
//
// Which files belong to a journal: those that sd-journal would read, in its order, which is the folder's own.

internal import Glibc
internal import Linux

/// The files of a ``JournalSource``.
enum FileList {
    /// Their paths, each once.
    static func paths(of source: JournalSource) -> [String] {
        switch source {
        case .files(let paths):
            var seen: Set<String> = []
            return paths.filter { seen.insert($0).inserted }
        case .directory(let folder): return paths(in: folder) { _ in true }
        case .local:
            // sd_journal_open(3), SD_JOURNAL_LOCAL_ONLY: of what is stored for good only this machine's.
            let own = JournalFiles.machine
            return paths(in: "/run/log/journal") { _ in true }
                + paths(in: "/var/log/journal") { $0 == own }
        }
    }

    private static func paths(in folder: String, _ isWanted: (String) -> Bool) -> [String] {
        var paths: [String] = []
        for name in (try? Folder.names(in: folder)) ?? [] {
            if isJournal(name) {
                paths.append("\(folder)/\(name)")
            } else if isMachine(name), isWanted(name) {
                let inner = (try? Folder.names(in: "\(folder)/\(name)")) ?? []
                paths += inner.filter(isJournal).map { "\(folder)/\(name)/\($0)" }
            }
        }
        return paths
    }

    private static func isJournal(_ name: String) -> Bool {
        name.hasSuffix(".journal") || name.hasSuffix(".journal~")
    }

    /// Whether `name` is a machine's id; of another name space than the usual it has a dot behind it.
    private static func isMachine(_ name: String) -> Bool {
        name.utf8.count == 32
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
            }
    }
}
