// SPDX-License-Identifier: Apache-2.0
//
// The whole daemon while something that it needs is taken away and given back: room for its state,
// rights, descriptors. Each is a state and a page, the trip in the midst of it is not lost, and
// afterwards all is as before.

import Control
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Daemon

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct FaultTests {
    /// A room with an actuator, a journal and a daemon that is ready.
    private struct Host {
        let room: Room
        let actuator: NotingActuator
        let journal: LiveJournal
        let daemon: Running

        /// Made in a room whose state lies in a file system of `size`; nil: where the room lies.
        ///
        /// `obstacle`: what the actuator says that would keep it from halting, from the start on.
        init(stateOf size: String? = nil, obstacle: String? = nil) async throws {
            room = try Room()
            if let size {
                let state = room.path + "/state"
                guard unsafe mount("tmpfs", state, "tmpfs", 0, "size=\(size)") == 0 else {
                    throw POSIXError(.EPERM)
                }
            }
            actuator = try NotingActuator(path: room.path + "/actuator.sock")
            actuator.obstacle = obstacle
            journal = try LiveJournal(directory: room.path + "/journal")
            try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
            let room = room
            await eventually("there is a journal") { room.hasJournal }
            daemon = Running(room)
            await eventually("the daemon answers") { !room.status().isEmpty }
        }

        func storm() throws {
            for poster in ["news@example.org", "ann@example.com", "bob@example.com"] {
                try journal.post(from: poster)
            }
        }

        func end() async {
            #expect(await daemon.stop() == 0)
            journal.close()
            actuator.stop()
            _ = unsafe umount2(room.path + "/state", 2)  // MNT_DETACH
            room.remove()
        }
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to mount a small tmpfs"))
    func `a full disk is a state and a page, a trip goes on, and room ends it`() async throws {
        let host = try await Host(stateOf: "4m")
        let filler = host.room.path + "/state/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: filler))
        while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
        try handle.close()
        await eventually("status says so") { host.room.status().contains("ENOSPC") }
        await eventually("it is paged") { host.room.pages.contains("blind") }
        try host.storm()
        await eventually("the halt is ordered") { host.actuator.isHalted }
        await eventually("the trip is paged") { host.room.pages.contains("trip") }
        try FileManager.default.removeItem(atPath: filler)
        await eventually("status is well again") { !host.room.status().contains("ENOSPC") }
        await eventually("its end is paged") { host.room.pages.contains("sighted") }
        #expect(host.room.status().contains(#""state":"open""#))
        await host.end()
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to mount a small tmpfs"))
    func `a state remounted read-only is a state and a page, a trip goes on, and its end is told`()
        async throws
    {
        let host = try await Host(stateOf: "4m")
        let state = host.room.path + "/state"
        func remount(_ rights: UInt) throws {
            // Linux calls these MS_RDONLY and MS_REMOUNT. What is open for writing keeps a whole file
            // system from it; the mount itself it does not, and an error of the disk asks nobody.
            guard unsafe mount("none", state, nil, 32 | 4096 | rights, nil) == 0 else {
                throw POSIXError(.EBUSY)
            }
        }
        guard unsafe mount(state, state, nil, 4096, nil) == 0 else { throw POSIXError(.EPERM) }
        try remount(1)
        await eventually("status says so") { host.room.status().contains("EROFS") }
        await eventually("it is paged") { host.room.pages.contains("blind") }
        try host.storm()
        await eventually("the halt is ordered") { host.actuator.isHalted }
        await eventually("the trip is paged") { host.room.pages.contains("trip") }
        try remount(0)
        await eventually("status is well again") { !host.room.status().contains("EROFS") }
        await eventually("its end is paged") { host.room.pages.contains("sighted") }
        #expect(host.room.status().contains(#""state":"open""#))
        _ = unsafe umount2(state, 2)  // MNT_DETACH
        await host.end()
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to become another user"))
    func `rights to the journal that are lost are told, and regained nothing was missed`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard setgid(65534) == 0, setuid(65534) == 0 else { exit(1) }
            let host = try await Host()
            let journal = host.room.path + "/journal"
            func eventually(_ code: Int32, _ condition: () -> Bool) async {
                for _ in 0..<3000 where !condition() {
                    try? await Task.sleep(for: .milliseconds(20))
                }
                if !condition() { exit(code) }
            }
            guard unsafe chmod(journal, 0) == 0 else { exit(2) }
            await eventually(3) { host.room.pages.contains("blind") }
            await eventually(4) { host.room.status().contains("EACCES") }
            // Whoever writes the journal has it open.
            try host.storm()
            guard unsafe chmod(journal, 0o755) == 0 else { exit(5) }
            await eventually(6) { host.room.pages.contains("sighted") }
            await eventually(7) { host.actuator.isHalted }
            await eventually(8) { host.room.pages.contains("trip") }
            await eventually(9) { !host.room.status().contains("EACCES") }
            await host.end()
            exit(0)
        }
    }

    @Test func `a queue that could not be halted is told before there is a trip, and its end`()
        async throws
    {
        let obstacle = "'/var/spool/postfix/hold' cannot be changed: EROFS"
        let host = try await Host(obstacle: obstacle)
        await eventually("status says so") { host.room.status().contains("EROFS") }
        await eventually("it is paged") { host.room.pages.contains("blind") }
        // That nobody answers is no end of it.
        host.actuator.isMute = true
        let asked = host.actuator.probes
        await eventually("it is asked twice more") { host.actuator.probes >= asked + 2 }
        #expect(host.room.status().contains("EROFS"))
        #expect(!host.room.pages.contains("sighted"))
        host.actuator.isMute = false
        host.actuator.obstacle = nil
        await eventually("status is well again") { !host.room.status().contains("EROFS") }
        await eventually("its end is paged") { host.room.pages.contains("sighted") }
        await host.end()
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to become another user"))
    func `a state directory that may not be written any more is told`() async throws {
        let scratch = try Scratch()
        #expect(Loop.trouble(with: scratch.path) == nil)
        #expect(Loop.trouble(with: scratch.path + "/gone")?.contains("ENOENT") == true)
        let directory = scratch.path
        _ = unsafe chmod(directory, 0o755)
        await #expect(processExitsWith: .exitCode(0)) { [directory = directory as String] in
            guard setgid(65534) == 0, setuid(65534) == 0 else { exit(1) }
            exit(Loop.trouble(with: directory)?.contains("EACCES") == true ? 0 : 2)
        }
    }

    @Test func `without descriptors a trip still halts, and its page comes when there are some`()
        async
    {
        await #expect(processExitsWith: .exitCode(0)) {
            let host = try await Host()
            // All that there are, as a leak would take them.
            var limit = rlimit()
            limit.rlim_cur = 256
            limit.rlim_max = 256
            guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
                exit(2)
            }
            var taken: [Int32] = []
            while true {
                let descriptor = unsafe open("/dev/null", O_RDONLY)
                guard descriptor >= 0 else { break }
                taken.append(descriptor)
            }
            // Watched without a descriptor of our own: the daemon has its reserve, and we have none.
            func eventually(_ code: Int32, _ condition: () -> Bool) async {
                for _ in 0..<3000 where !condition() {
                    try? await Task.sleep(for: .milliseconds(20))
                }
                if !condition() { exit(code) }
            }
            try host.storm()
            await eventually(3) { host.actuator.isHalted }
            // That none is left was seen: the reserve was given up, and a file can be opened.
            await eventually(4) {
                let descriptor = unsafe open("/dev/null", O_RDONLY)
                guard descriptor >= 0 else { return false }
                close(descriptor)
                return true
            }
            for descriptor in taken { close(descriptor) }
            await eventually(5) { host.room.pages.contains("trip") }
            await eventually(7) { !host.room.status().contains("EMFILE") }
            await host.end()
            exit(0)
        }
    }
}
