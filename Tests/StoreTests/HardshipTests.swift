// SPDX-License-Identifier: Apache-2.0
//
// Killed in the middle, no permission, no space. The kills and the other user happen in child
// processes (exit tests); the full disk needs root for a small tmpfs and is skipped loudly
// without it.

import Breaker
import EventTime
import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@testable import Store

// One after the other: a child being spawned holds deleted files open for a moment, and on the full
// disk that moment counts.
@Suite(.serialized) struct HardshipTests {
    /// What one save of the campaign writes: board, incident and page carry the same number.
    private static func save(_ number: Int64, to store: Store) throws {
        try store.save(
            board: Board(next: number, open: Array(repeating: "l", count: Int(number % 50))),
            incidents: [incident(1 + number % 7)],
            pages: [PageRow(key: "k", body: "\(number)")]
        )
    }

    @Test(arguments: 0..<60)
    func `killed in the middle of a save, the store loads what was before or after`(
        round: Int
    ) async throws {
        let scratch = try Scratch()
        let directory = scratch.path
        var before: Int64 = 0
        for life in 0..<2 {
            let seed = UInt64(round * 2 + life)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    directory = directory as String, seed = seed as UInt64
                ] in
                var random = SplitMix64(seed: seed)
                let delay = UInt32.random(in: 0..<30_000, using: &random)
                Thread.detachNewThread {
                    usleep(delay)
                    kill(getpid(), SIGKILL)
                }
                let opened = try Store.open(directory: directory)
                guard opened.damagedCopy == nil else { exit(3) }
                var number = try opened.store.loadBoard(Board.self)?.next ?? 0
                while true {
                    number += 1
                    try HardshipTests.save(number, to: opened.store)
                    // What was acknowledged must not be lost: written after the save returned.
                    try Data("\(number)".utf8).write(
                        to: URL(fileURLWithPath: directory + "/acknowledged"),
                        options: .atomic
                    )
                }
            }
            let opened = try Store.open(directory: directory)
            #expect(opened.damagedCopy == nil, "seed \(seed)")
            let acknowledged = try? String(
                contentsOfFile: directory + "/acknowledged",
                encoding: .utf8
            )
            let number = try opened.store.loadBoard(Board.self)?.next ?? 0
            let least = max(before, acknowledged.flatMap(Int64.init) ?? 0)
            #expect(number == least || number == least + 1, "seed \(seed)")
            let page = try opened.store.pages().first?.body
            #expect(page == (number == 0 ? nil : "\(number)"), "seed \(seed)")
            before = number
            opened.store.close()
        }
    }

    /// Opens as the user `nobody`, whom permissions stop; root passes them all.
    @Test(
        .enabled(if: geteuid() == 0, "SKIPPED: needs root to become another user"),
        arguments: [
            "directory not writable", "file not readable", "directory not enterable",
        ]
    )
    func `a missing permission is named, with user and owner`(what: String) async throws {
        let scratch = try Scratch()
        let directory = scratch.path
        let store = try Store.open(directory: directory).store
        try store.save(board: Board(next: 1, open: []))
        store.close()
        _ = unsafe chmod(directory, what == "directory not enterable" ? 0o700 : 0o755)
        if what == "directory not writable" { _ = unsafe chmod(scratch.file, 0o666) }
        if what == "file not readable" { _ = unsafe chmod(directory, 0o777) }
        let before = try scratch.bytes()
        await #expect(processExitsWith: .exitCode(77)) { [directory = directory as String] in
            guard setgroups(0, nil) == 0, setgid(65534) == 0, setuid(65534) == 0 else {
                exit(1)
            }
            do {
                _ = try Store.open(directory: directory)
            } catch let error as StoreError {
                let text = error.description
                guard text.contains("EACCES"), text.contains("running as uid 65534"),
                    text.contains("belongs to uid 0")
                else { exit(2) }
                exit(error.exitCode)
            }
        }
        #expect(try scratch.bytes() == before)
        #expect(try scratch.names() == ["state.db", "state.db.reserve"])
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to mount a small tmpfs"))
    func `a full disk is reported, nothing is half saved, and room makes it work again`() throws {
        let scratch = try Scratch()
        let isMounted = unsafe mount("tmpfs", scratch.path, "tmpfs", 0, "size=2m") == 0
        try #require(isMounted)
        defer { _ = unsafe umount2(scratch.path, 2) }  // MNT_DETACH
        var store = try Store.open(directory: scratch.path).store
        try store.save(board: Board(next: 1, open: []))
        let filler = scratch.path + "/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: filler))
        while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
        try handle.close()

        // The reserve carries a trip.
        let small = Board(next: 2, open: ["annonce@example.org"])
        try store.save(board: small, incidents: [incident(1)])
        try store.save(board: small, incidents: [incident(2)])

        let board = Board(next: 3, open: Array(repeating: "annonce@example.org", count: 80_000))
        let error = #expect(throws: StoreError.self) {
            try store.save(board: board, incidents: [incident(3)])
        }
        #expect(error?.code == .full)
        #expect(error?.description.contains("no space left on device (ENOSPC)") == true)
        #expect(error?.description.contains("a trip goes on anyway") == true)
        #expect(try store.loadBoard(Board.self) == small)
        #expect(try store.incidents(limit: 1).map(\.number) == [2])

        // A restart on the full disk still finds the breaker as it was.
        store.close()
        let again = try Store.open(directory: scratch.path).store
        #expect(try again.loadBoard(Board.self) == small)
        again.close()

        try FileManager.default.removeItem(atPath: filler)
        store = try Store.open(directory: scratch.path).store
        try store.save(board: board, incidents: [incident(1)])
        store.close()
        #expect(try Store.open(directory: scratch.path).store.loadBoard(Board.self) == board)
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to mount a small tmpfs"))
    func `no space for a new state file is reported as such`() throws {
        let scratch = try Scratch()
        let isMounted = unsafe mount("tmpfs", scratch.path, "tmpfs", 0, "size=8k") == 0
        try #require(isMounted)
        defer { _ = unsafe umount2(scratch.path, 2) }  // MNT_DETACH
        let error = #expect(throws: StoreError.self) { try Store.open(directory: scratch.path) }
        #expect(error?.code == .full)
        #expect(error?.exitCode == 74)
    }
}
