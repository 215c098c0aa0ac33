// SPDX-License-Identifier: Apache-2.0
//
// Following journald itself: it runs in a mount namespace of its own, with its sockets and files in
// the test's folder, rotates by itself and is told to rotate, and its archives are deleted.

import EventTime
import Glibc
import Linux
import MailLog
import TestSupport
import Testing

@testable import Journal

/// A systemd-journald that writes below a folder of the test.
private final class Journald {
    static let program = "/lib/systemd/systemd-journald"
    let shop: Workshop
    let directory: String
    let pid: pid_t
    private let socket: Int32

    init() throws {
        shop = try Workshop()
        let run = shop.path + "/run"
        directory = run + "/log/journal"
        for folder in ["", "/systemd", "/systemd/journal", "/systemd/journald.conf.d"] {
            unsafe mkdir(run + folder, 0o755)
        }
        let settings = "[Journal]\nStorage=volatile\nRuntimeMaxFileSize=512K\nRateLimitBurst=0\n"
        let file = unsafe open(
            run + "/systemd/journald.conf.d/test.conf",
            O_WRONLY | O_CREAT,
            0o644
        )
        _ = unsafe Glibc.write(file, settings, settings.utf8.count)
        close(file)
        let script = "mount --bind \(run) /run && exec \(Self.program)"
        let words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
        let started = Workshop.spawning.withLock { _ in Workshop.spawn(words, input: -1) }
        guard let started else { throw WorkshopError(text: "cannot start journald") }
        pid = started
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array((run + "/systemd/journal/dev-log").utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: path)
        }
        let end = socket
        let isConnected = eventually {
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                    unsafe connect(end, plain, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
        }
        guard isConnected else { throw WorkshopError(text: "journald does not listen") }
    }

    deinit {
        close(socket)
        kill(pid, SIGKILL)
        _ = Workshop.wait(pid)
    }

    /// Sends a line as syslog(3) does.
    func log(_ message: String) throws {
        let line = "<22>Nov 24 06:21:44 postfix/qmgr[\(getpid())]: \(message)"
        guard unsafe send(socket, line, line.utf8.count, 0) == line.utf8.count else {
            throw WorkshopError(text: "cannot log")
        }
    }

    func rotate() { kill(pid, SIGUSR2) }

    /// Deletes every archived file, as a vacuum does; returns how many there were.
    func vacuum() -> Int {
        var deleted = 0
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(directory + "/*/*@*.journal", 0, nil, &found) == 0 else { return 0 }
        for index in unsafe 0..<Int(found.gl_pathc) {
            if let path = unsafe found.gl_pathv[index], unsafe unlink(path) == 0 { deleted += 1 }
        }
        return deleted
    }
}

struct JournaldTests {
    static var canRun: Bool {
        let isPossible = unsafe geteuid() == 0 && access(Journald.program, X_OK) == 0
        if !isPossible { print("SKIPPED: tests against journald itself need root and journald") }
        return isPossible
    }

    /// The number that a line starts with.
    private func number(_ text: String) -> Int { Int(text.prefix { $0 != " " }) ?? -1 }

    @Test(.enabled(if: canRun))
    func `journald rotates and vacuums under a follower, which misses and doubles nothing`()
        async throws
    {
        let journald = try Journald()
        try journald.log("0")
        let directory = journald.directory
        #expect(eventually { (try? messages(.directory(directory))) == ["0"] })
        var follower = try JournalFollower(source: .directory(directory), start: .head)
        var found = try await follow(follower, until: 1).map(number)
        var vacuumed = 0
        var written = 1
        var place = ReadStart.head
        // LISTBREAKER_ROTATIONS: so many rounds in place of thirty, each of which rotates.
        let wanted = unsafe getenv("LISTBREAKER_ROTATIONS").map { unsafe String(cString: $0) }
        let rounds = wanted.flatMap { Int($0) } ?? 30
        var rotations = 0
        for round in 0..<rounds {
            // 40 lines of 2 KiB a round: the files of 512 KiB also rotate by themselves.
            for index in written..<written + 40 {
                try journald.log("\(index) " + String(repeating: "x\(index)", count: 400))
            }
            if round % 3 == 1 || wanted != nil {
                journald.rotate()
                rotations += 1
            }
            if round % 7 == 6 {
                // A restart of the reader in the middle of it all.
                let batch = try await follower.next(limit: 13, within: 5)
                found += batch.entries.map { entry in number(batch.text(entry.message)) }
                let last = try #require(batch.entries.last)
                place = .cursor(try #require(batch.cursor), orTime: last.time)
                follower.stop()
                follower = try JournalFollower(source: .directory(directory), start: place)
            }
            written += 40
            found += try await follow(follower, until: written - found.count).map(number)
            if round % 5 == 4 { vacuumed += journald.vacuum() }
        }
        #expect(vacuumed > 5)
        #expect(found == Array(0..<written))
        print(
            "JournaldTests: \(rotations) rotations asked for, \(vacuumed) files deleted, \(written) lines"
        )
        #expect(follower.lag.reopenings == 0)
    }

    @Test(.enabled(if: canRun))
    func `a line sent to journald in traffic is seen within 60 ms, not at its 250 ms notice`()
        async throws
    {
        let journald = try Journald()
        try journald.log("0")
        let directory = journald.directory
        #expect(eventually { (try? messages(.directory(directory))) == ["0"] })
        let follower = try JournalFollower(source: .directory(directory), start: .tail)
        var delays: [Int64] = []
        for index in 1...40 {
            let written = SystemClock.monotonic
            try journald.log("\(index)")
            let batch = try await follower.next(limit: 10, within: 5)
            #expect(batch.entries.map { entry in batch.text(entry.message) } == ["\(index)"])
            delays.append(SystemClock.monotonic - written)
        }
        let sorted = delays.sorted()
        print("journald to follower: median \(sorted[20] / 1000) us, worst \(sorted[39] / 1000) us")
        #expect(sorted[20] < 60_000_000)
    }
}
