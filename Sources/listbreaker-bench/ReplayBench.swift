// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker replay` against the plainest loop in C over the same journal, in turn, so that a busy
// machine slows both. Speed is stated as a share of that loop's, which travels better than entries a
// second. Replay uses two threads and the loop one, all by the clock on the wall: measured 0.76 once,
// and 0.43 to 0.56 on two cores that others kept without idle time; 62 MiB each. What a maintainer
// will get wrong: timing a single run, or believing one on a busy machine.

internal import ArgumentParser
internal import Glibc
internal import Journal
internal import MailLog

/// Times `listbreaker replay` against a loop in C.
struct ReplayBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Time listbreaker replay against a bare loop in C over the same journal.",
        discussion: """
            Writes a journal of Postfix's lines with systemd-journal-remote, runs both programs \
            over it in turn, and prints the share of the loop's speed and the peak memory. Exits \
            1 when a limit is not met.
            """
    )

    @Option(help: "Entries of the journal.")
    var entries = 500_000

    @Option(help: "Lists that they are spread over.")
    var lists = 10_000

    @Option(help: "Runs of each program; the median counts.")
    var rounds = 5

    @Option(help: "The listbreaker program; without it only the journal reader is timed.")
    var replay: String?

    @Option(help: "A directory with a journal to use, or to write and keep.")
    var directory: String?

    @Option(help: "The least share of the loop's speed for replay.")
    var leastRatio = 0.6

    @Option(help: "The most memory for replay, in MiB.")
    var mostMemory = 64

    @Option(help: .hidden)
    var readOnly: String?

    @Option(help: .hidden)
    var writeOnly: String?

    func run() throws {
        if let readOnly {
            try Self.read(readOnly)
            return
        }
        if let writeOnly {
            try BenchFolder(writeOnly).writeJournal(entries: entries, lists: lists)
            return
        }
        let own = try Self.ownPath()
        let folder = try BenchFolder(directory)
        if try !folder.hasJournal { try write(to: folder, own.path) }
        let loop = own.folder + "/journal-loop"
        var contests = [
            Contest(name: "journal reader", words: [own.path, "--read-only", folder.path])
        ]
        if let replay {
            contests.append(
                Contest(
                    name: "listbreaker replay",
                    words: [replay, "replay", "--json", "--directory", folder.path]
                )
            )
        }
        print("program              entries     entries/s   share  peak MiB")
        var isMet = true
        for contest in contests {
            let result = try contest.run(against: [loop, folder.path], rounds: max(1, rounds))
            print(result.table)
            guard contest.name == "listbreaker replay" else { continue }
            isMet = result.ratio >= leastRatio && result.peakBytes <= mostMemory << 20
            let words = isMet ? "met" : "NOT MET"
            print("limits: share at least \(leastRatio), at most \(mostMemory) MiB: \(words)")
        }
        if !isMet { throw ExitCode(1) }
    }

    /// Writes the journal in a process of its own: a child's high-water mark begins at its
    /// parent's, execve(2), so this one has to stay small.
    private func write(to folder: BenchFolder, _ own: String) throws {
        let words = [own, "--write-only", folder.path, "--entries", "\(entries)", "--lists"]
        let child = try Child(words + ["\(lists)"], input: nil, output: nil)
        guard child.wait().status == 0 else { throw ExitCode(1) }
    }

    /// The journal reader alone: as fast as replay could ever be.
    private static func read(_ path: String) throws {
        do throws(JournalError) {
            let reader = try JournalReader(source: .directory(path), start: .head)
            var batch = EntryBatch()
            var entries = 0
            while try reader.read(into: &batch, limit: 512) { entries += batch.entries.count }
            print("{\"type\":\"summary\",\"entries\":\(entries)}")
        } catch {
            let text = "listbreaker-bench: \(error)\n"
            _ = unsafe Glibc.write(2, text, text.utf8.count)
            throw ExitCode(error.code == .notReadable ? 77 : 1)
        }
    }

    /// This program, and the folder where the loop lies beside it.
    static func ownPath() throws -> (path: String, folder: String) {
        var room = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &room, room.count - 1)
        guard count > 0 else { throw BenchError(text: "cannot find my own path") }
        let path = String(
            decoding: room[..<count].map { byte in UInt8(bitPattern: byte) },
            as: UTF8.self
        )
        let folder = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
        return (path, String(folder))
    }
}
