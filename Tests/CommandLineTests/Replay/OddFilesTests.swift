// SPDX-License-Identifier: Apache-2.0
//
// What people give for a mail log and is none: devices, what never ends, what breaks off at its first byte. None
// of it may run for ever, fill a disk, or be told as a log without a storm.

import Foundation
import Glibc
import Testing

@testable import listbreaker

@Suite struct `A file that is no log` {
    @Test(arguments: ["/dev/zero", "/dev/urandom", "/dev/full"])
    func `an endless device is refused at once`(device: String) async throws {
        let replay = try await run(["replay", "--syslog", device])
        #expect(replay.code == 1)
        #expect(
            replay.errors.contains("cannot read '\(device)': it is a device, and no log"),
            "\(replay.errors)"
        )
    }

    @Test func `an empty device is a log without a line`() async throws {
        let replay = try await run(["replay", "--syslog", "/dev/null"])
        #expect(replay.code == 1 && replay.errors.contains("not one line of a mail server"))
    }

    @Test func `a directory, a socket and a loop of links are said`() async throws {
        let folder = "/tmp/listbreaker-odd-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/loop",
            withDestinationPath: "\(folder)/loop"
        )
        for (path, words) in [(folder, "EISDIR"), ("\(folder)/loop", "ELOOP")] {
            let replay = try await run(["replay", "--syslog", path])
            #expect(replay.code == 1 && replay.errors.contains(words), "\(replay.errors)")
        }
    }

    @Test func `a pipe that never ends a line is given up, and fills no disk`() async throws {
        let fifo = "/tmp/listbreaker-odd-\(UUID().uuidString.prefix(8))"
        let made = unsafe mkfifo(fifo, 0o600)
        try #require(made == 0)
        defer { try? FileManager.default.removeItem(atPath: fifo) }
        let writer = Process()
        writer.executableURL = URL(filePath: "/bin/sh")
        writer.arguments = ["-c", "exec cat /dev/zero >'\(fifo)'"]
        try writer.run()
        defer { writer.terminate() }
        let replay = try await run(["replay", "--syslog", fifo])
        #expect(replay.code == 1)
        #expect(
            replay.errors.contains("no line ends within 64 MiB; that is no log"),
            "\(replay.errors)"
        )
    }

    @Test func `what breaks off before its first line is not told as no trips`() async throws {
        let replay = try await run(["replay", "--syslog", "/proc/self/mem"])
        #expect(replay.code == 1)
        #expect(replay.errors.contains("what follows line 0 is lost"))
        #expect(replay.errors.contains("not one line of a mail server was found"))
    }

    @Test func `parse says that nothing of it was a mail server's`() async throws {
        let parse = try await run(["parse"])
        #expect(parse.code == 1)
        #expect(parse.errors.contains("not one line of a mail server was found"))
    }
}
