// SPDX-License-Identifier: Apache-2.0
//
// Whoever owns a directory in which root works tries to lead it elsewhere: a thread exchanges an
// entry for a link to a file outside, as fast as it goes, while the verb runs again and again.
// Proven against the gate of 0.1.0, which went by path: main.cf was writable for all after 13 trips.

import Glibc
import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

private struct NoRename: Error {}

/// A directory of nobody's, beside files of root's that nothing may touch.
private final class ForeignFolder {
    static let nobody: uid_t = 65_534
    let scratch: Scratch
    var path: String { "\(scratch.path)/theirs" }
    var outside: String { "\(scratch.path)/outside" }
    private let outsideBefore: stat

    init() throws {
        scratch = try Scratch()
        try StateFile.makeDirectory("\(scratch.path)/theirs")
        try StateFile.makeDirectory("\(scratch.path)/outside")
        try StateFile.makeDirectory("\(scratch.path)/state")
        try scratch.write("outside/message", "root's own\n", mode: 0o640)
        var past = [
            timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0),
        ]
        try #require(unsafe utimensat(AT_FDCWD, "\(scratch.path)/outside/message", &past, 0) == 0)
        outsideBefore = try #require(StateFile.status("\(scratch.path)/outside/message"))
        try #require(unsafe chown(path, Self.nobody, Self.nobody) == 0)
    }

    func socket(_ name: String) throws {
        try #require(unsafe mkfifo("\(path)/\(name)", 0o666) == 0)
        try #require(unsafe chmod("\(path)/\(name)", 0o666) == 0)
        try give(name)
    }

    func folder(_ name: String) throws {
        try StateFile.makeDirectory("\(path)/\(name)")
        try give(name)
    }

    func file(_ name: String, _ text: String = "theirs\n") throws {
        try scratch.write("theirs/\(name)", text, mode: 0o600)
        try give(name)
    }

    func link(_ name: String, to target: String) throws {
        try #require(unsafe symlink(target, "\(path)/\(name)") == 0)
        try give(name)
    }

    private func give(_ name: String) throws {
        try #require(unsafe lchown("\(path)/\(name)", Self.nobody, Self.nobody) == 0)
    }

    /// Exchanges `one` and `other` all the time while `body` runs; returns how often.
    func exchanging(_ one: String, _ other: String, _ body: () throws -> Void) throws -> Int {
        let state = Guarded((isOver: false, hasEnded: false, count: 0))
        let (first, second) = ("\(path)/\(one)", "\(path)/\(other)")
        // Glibc has it, Swift's module of it does not.
        typealias Rename =
            @convention(c) (
                Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
            ) -> Int32
        guard let symbol = unsafe dlsym(nil, "renameat2") else { throw NoRename() }
        let rename = unsafe unsafeBitCast(symbol, to: Rename.self)
        let exchange: UInt32 = 2
        let code = startThread(named: "exchanger") {
            while !state.withLock({ $0.isOver }) {
                let outcome = unsafe rename(AT_FDCWD, first, AT_FDCWD, second, exchange)
                if outcome == 0 { state.withLock { $0.count += 1 } }
            }
            state.withLock { $0.hasEnded = true }
        }
        #expect(code == 0)
        defer {
            state.withLock { $0.isOver = true }
            _ = eventually { state.withLock { $0.hasEnded } }
        }
        try body()
        return state.withLock { $0.count }
    }

    /// What differs outside from how it was; nil when nothing does.
    var damage: String? {
        guard let now = StateFile.status("\(outside)/message") else { return "it is gone" }
        let text = (try? scratch.read("outside/message")) ?? ""
        if text != "root's own\n" { return "it says \(text)" }
        if now.st_mode != outsideBefore.st_mode { return "mode \(String(now.st_mode, radix: 8))" }
        if now.st_uid != outsideBefore.st_uid { return "owner \(now.st_uid)" }
        if now.st_mtim.tv_sec != outsideBefore.st_mtim.tv_sec { return "it was touched" }
        let names = StateFile.names(below: outside)
        return names == ["message"] ? nil : "there are \(names.sorted())"
    }
}

@Suite(.enabled(if: geteuid() == 0, "only root can give files away"))
struct ForeignFolderTests {
    private let rounds = 4_000

    @Test func `the gate is not led out of the directory of private sockets`() throws {
        let theirs = try ForeignFolder()
        try theirs.folder("private")
        try theirs.socket("private/smtp")
        try theirs.link("private/trap", to: "\(theirs.outside)/message")
        let gate = Gate(queue: theirs.path, services: ["smtp"])
        let swaps = try theirs.exchanging("private/smtp", "private/trap") {
            for _ in 0..<rounds {
                _ = try? gate.close()
                _ = try? gate.reopen()
            }
        }
        #expect(swaps > 100)
        #expect(theirs.damage == nil)
        // And once it stands still, the gate works.
        _ = try gate.reopen()
        for name in ["smtp", "trap"] { _ = try Gate(queue: theirs.path, services: [name]).close() }
        #expect(theirs.damage == nil)
    }

    @Test func `a link to the socket of somebody else is no socket of Postfix`() throws {
        let theirs = try ForeignFolder()
        try theirs.folder("private")
        try theirs.scratch.write("outside/message", "root's own\n")
        let other = "\(theirs.scratch.path)/root.sock"
        try #require(unsafe mkfifo(other, 0o600) == 0)
        try #require(unsafe Glibc.link(other, "\(theirs.path)/private/smtp") == 0)
        let gate = Gate(queue: theirs.path, services: ["smtp"])
        #expect(try gate.close() == [])
        #expect(try gate.reopen() == [])
        #expect(try #require(StateFile.status(other)).st_mode & 0o777 == 0o600)
    }

    @Test(arguments: ["ab/abcdef01", "ab"])
    func `holding at OpenSMTPD is not led out of its queue`(place: String) throws {
        let theirs = try ForeignFolder()
        for name in ["ab", "ab/abcdef01"] { try theirs.folder(name) }
        try theirs.file("ab/abcdef01/message")
        // A whole directory, or one above it, is exchanged: its path then leads outside.
        let trap = place == "ab" ? theirs.scratch.path + "/decoy" : theirs.outside
        if place == "ab" {
            try StateFile.makeDirectory(trap)
            try #require(unsafe symlink(theirs.outside, "\(trap)/abcdef01") == 0)
        }
        try theirs.link("trap", to: trap)
        let queue = try SmtpdQueue(
            spool: SmtpdSpool(path: theirs.path),
            state: "\(theirs.scratch.path)/state"
        )
        let id = try #require(QueueID("abcdef01"))
        let swaps = try theirs.exchanging(place, "trap") {
            for _ in 0..<rounds {
                try? queue.holdNow([id])
                try? queue.freeNow([id])
                _ = queue.headers(of: id)
            }
        }
        #expect(swaps > 100)
        #expect(theirs.damage == nil)
    }

    @Test func `what is brought back goes into the queue and nowhere else`() throws {
        let theirs = try ForeignFolder()
        try theirs.folder("queue")
        try theirs.link("trap", to: theirs.outside)
        try theirs.scratch.write("state/copy", "a saved message\n")
        let swaps = try theirs.exchanging("queue", "trap") {
            for _ in 0..<rounds {
                try? StateFile.replace(
                    "\(theirs.path)/queue/message",
                    with: Array("a saved message\n".utf8),
                    like: StateFile.status("\(theirs.scratch.path)/state/copy")
                )
                try? StateFile.remove("\(theirs.path)/queue/message")
                _ = try? StateFile.move("\(theirs.path)/queue/message", to: theirs.path + "/moved")
            }
        }
        #expect(swaps > 100)
        #expect(theirs.damage == nil)
    }

    @Test func `a file that a link names is neither read nor replaced in another's directory`()
        throws
    {
        let theirs = try ForeignFolder()
        try theirs.link("map", to: "\(theirs.outside)/message")
        #expect(throws: HaltError.self) { try StateFile.read("\(theirs.path)/map") }
        #expect(StateFile.status("\(theirs.path)/map") == nil)
        #expect(QueueFile.hasFilter("\(theirs.path)/map") == nil)
        try StateFile.replace("\(theirs.path)/map", with: Array("ours\n".utf8))
        #expect(try theirs.scratch.read("theirs/map") == "ours\n")
        // Nor one that it shares with a directory of root's.
        try #require(unsafe Glibc.link("\(theirs.outside)/message", "\(theirs.path)/twin") == 0)
        #expect(throws: HaltError.self) { try StateFile.read("\(theirs.path)/twin") }
        try #require(unsafe unlink("\(theirs.path)/twin") == 0)
        #expect(theirs.damage == nil)
    }

    @Test func `a link of root's in a directory of root's is followed, as a managed main_cf wants`()
        throws
    {
        let scratch = try Scratch()
        try scratch.write("real.cf", "old\n", mode: 0o640)
        try #require(unsafe symlink("real.cf", "\(scratch.path)/main.cf") == 0)
        #expect(try scratch.read("main.cf") == "old\n")
        let model = StateFile.status("\(scratch.path)/main.cf")
        try StateFile.replace("\(scratch.path)/main.cf", with: Array("new\n".utf8), like: model)
        #expect(try scratch.read("real.cf") == "new\n")
        var found = stat()
        try #require(unsafe lstat("\(scratch.path)/main.cf", &found) == 0)
        #expect(found.st_mode & S_IFMT == S_IFLNK)
        // No program of another's is ever made to run as root.
        var special = try #require(model)
        special.st_mode |= 0o6000
        try StateFile.replace("\(scratch.path)/main.cf", with: [], like: special)
        #expect(try #require(StateFile.status("\(scratch.path)/real.cf")).st_mode & 0o7777 == 0o640)
    }
}
