// SPDX-License-Identifier: Apache-2.0
//
// One list is stopped while its trip is being saved, so that no copy leaves for the sake of a disk. What
// that asks of the next start: a list that is found stopped, and of which no saved trip tells why, stays
// so until its lines have been read again.

import Control
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Daemon

/// A disk of its own under a directory, which can be made to keep everybody who writes to it waiting.
private final class SlowDisk {
    private let path: String
    private let image: String

    /// Whether this machine has what it takes; tried, since a container's root may not.
    static let isPossible: Bool = {
        let path = NSTemporaryDirectory() + "listbreaker-disk-\(UUID().uuidString.prefix(8))"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard let disk = try? SlowDisk(at: path) else {
            print("SKIPPED, LOUDLY: a file system in a file cannot be mounted here")
            return false
        }
        disk.remove()
        return true
    }()

    init(at path: String) throws {
        self.path = path
        image = path + ".image"
        guard FileManager.default.createFile(atPath: image, contents: nil),
            unsafe truncate(image, 16 << 20) == 0
        else { throw POSIXError(.EIO) }
        try Self.run("/sbin/mkfs.ext4", "-q", "-F", image)
        try Self.run("/bin/mount", "-o", "loop", image, path)
    }

    func freeze() throws { try Self.run("/sbin/fsfreeze", "--freeze", path) }
    func thaw() throws { try Self.run("/sbin/fsfreeze", "--unfreeze", path) }

    func remove() {
        try? Self.run("/bin/umount", "-l", path)
        try? FileManager.default.removeItem(atPath: image)
    }

    private static func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw POSIXError(.EPERM) }
    }
}

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct EarlyStopTests {
    private static let list = "annonce@example.org"

    private func storm(in journal: LiveJournal) throws {
        for poster in ["news@example.org", "ann@example.com", "bob@example.com"] {
            try journal.post(from: poster)
        }
    }

    /// A room with a journal, and an actuator whose mail server can be narrowed.
    private func room() async throws -> (Room, NotingActuator, LiveJournal) {
        let room = try Room()
        try room.settings(mode: "armed", more: "[Halt]\nScope=narrow\n[Detection]\nQueueStake=0\n")
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        actuator.canNarrow = true
        let journal = try LiveJournal(directory: room.path + "/journal")
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        return (room, actuator, journal)
    }

    @Test(.enabled(if: SlowDisk.isPossible))
    func `a list is stopped while its trip waits for the disk, and paged after`() async throws {
        let (room, actuator, journal) = try await room()
        let disk = try SlowDisk(at: room.path + "/state")
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        try disk.freeze()
        try storm(in: journal)
        let isTold = await eventuallyAsync(10) { actuator.told.contains([Self.list]) }
        let isPaged = room.pages.contains("trip")
        try disk.thaw()
        #expect(isTold, "\(actuator.verbs)")
        #expect(!isPaged)
        await eventually("the trip is paged") { room.pages.contains("trip") }
        #expect(await daemon.stop() == 0)
        journal.close()
        actuator.stop()
        disk.remove()
        room.remove()
    }

    @Test func `a list that is found stopped stays so until its lines are read again`() async throws
    {
        let (room, actuator, journal) = try await room()
        var daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        #expect(await daemon.stop() == 0)
        // As one leaves it who was killed between the order and the save.
        try storm(in: journal)
        actuator.blocked = [Self.list]
        let known = actuator.told.count
        daemon = Running(room)
        await eventually("the trip is paged") { room.pages.contains("trip") }
        let told = actuator.told.dropFirst(known)
        #expect(!told.isEmpty && told.allSatisfy { $0 == [Self.list] }, "\(told)")
        #expect(await daemon.stop() == 0)
        journal.close()
        actuator.stop()
        room.remove()
    }

    @Test func `where the lines tell of no trip, the list is given back`() async throws {
        let (room, actuator, journal) = try await room()
        actuator.blocked = [Self.list]
        let daemon = Running(room)
        await eventually("it is told that nothing is stopped") { actuator.told.last == [] }
        #expect(await daemon.stop() == 0)
        journal.close()
        actuator.stop()
        room.remove()
    }
}
