// SPDX-License-Identifier: Apache-2.0
//
// A process of this test bundle that is there to be killed in the middle of a command: a driver that
// is no program of its own cannot be killed otherwise. What it is to do comes in its environment.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// A command to the Sendmail below a path, in a process of its own.
enum Victim {
    static let variable = "LISTBREAKER_TEST_VICTIM"

    /// What this process is to do; nil when it is no victim.
    static let order = unsafe getenv(variable).map { unsafe String(cString: $0) }

    /// Lets a process do `verb` with `ids`, and kills it `microseconds` after it has begun.
    ///
    /// - Returns: whether it was still at it.
    static func kill(
        _ verb: String,
        _ ids: [QueueID],
        below path: String,
        after microseconds: UInt32
    ) throws -> Bool {
        let begun = "\(path)/begun"
        try StateFile.remove(begun)
        let words = ([path, verb] + ids.map(\.text)).joined(separator: " ")
        let bundle = try #require(CommandLine.arguments.first { $0.hasSuffix(".xctest") })
        let pid = try spawn(
            "/usr/bin/env",
            [
                "\(variable)=\(words)", bundle, "--testing-library", "swift-testing", "--filter",
                "VictimTests",
            ]
        )
        let isBegun = eventually { StateFile.status(begun) != nil }
        usleep(microseconds)
        _ = Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
        try #require(isBegun)
        return status & 0x7f == SIGKILL
    }
}

@Suite(.enabled(if: Victim.order != nil)) struct VictimTests {
    @Test func `a victim does what it was told, until it is killed`() throws {
        let words = try #require(Victim.order).split(separator: " ").map(String.init)
        let driver = PrivateSendmail.driver(at: words[0])
        let ids = words.dropFirst(2).compactMap { QueueID($0) }
        try StateFile.replace("\(words[0])/begun", with: [])
        switch words[1] {
        case "discard": _ = driver.discard(HeldSelection(only: Set(ids)))
        case "restore": _ = driver.restore(ids)
        case "hold": _ = driver.hold(ids, for: nil)
        default: _ = driver.release(HeldSelection(only: Set(ids)))
        }
    }
}
