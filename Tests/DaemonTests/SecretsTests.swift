// SPDX-License-Identifier: Apache-2.0
//
// Whether the daemon notices that a secret was changed after systemd gave it a copy: whatever way an
// editor writes, and without reading one byte of it.

import Control
import Foundation
import Glibc
import Testing

@testable import Daemon

/// A directory of secrets as an administrator has it, and the copies that systemd made of it.
private struct Vault {
    let room: Room
    var source: String { room.path + "/secrets" }
    var taken: String { room.path + "/taken" }

    init() throws {
        room = try Room()
        for path in [source, taken] {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true
            )
        }
        try write("keep.url", "https://a.example/1\n")
        try take()
    }

    func write(_ name: String, _ text: String) throws {
        // In place, as a shell's > writes.
        try text.write(toFile: "\(source)/\(name)", atomically: false, encoding: .utf8)
    }

    /// What systemd does at a start.
    func take() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            let copy = "\(taken)/alert_\(name)"
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: "\(source)/\(name)", toPath: copy)
        }
    }

    var secrets: Secrets { Secrets(source: source, taken: taken) }
}

/// Waits until the file system's clock has gone on, which counts in ticks.
private func tick(in folder: String) throws {
    func stamp() throws -> (Int, Int) {
        try "".write(toFile: folder + "/tick", atomically: false, encoding: .utf8)
        var status = stat()
        try #require(unsafe stat(folder + "/tick", &status) == 0)
        return (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
    }
    let first = try stamp()
    while try stamp() == first {}
}

@Suite struct `Secrets that changed` {
    @Test func `what is as it was at the start is not told`() throws {
        let vault = try Vault()
        defer { vault.room.remove() }
        let secrets = vault.secrets
        try tick(in: vault.room.path)
        #expect(secrets.change == nil)
        let rights = [FileAttributeKey.posixPermissions: 0o710]
        try FileManager.default.setAttributes(rights, ofItemAtPath: vault.source)
        #expect(secrets.change == nil, "the rights of the directory are no secret")
    }

    @Test func `one that is written over is told by its name`() throws {
        let vault = try Vault()
        defer { vault.room.remove() }
        let secrets = vault.secrets
        try tick(in: vault.room.path)
        try vault.write("keep.url", "https://a.example/2\n")
        let change = try #require(secrets.change)
        #expect(
            change
                == "the secrets in \(vault.source) were changed (keep.url) after listbreakerd took "
                + "them at its start, and it runs with the old ones until: "
                + "systemctl restart listbreakerd"
        )
        try vault.take()
        #expect(vault.secrets.change == nil, "a restart has taken it")
    }

    @Test func `one that is replaced, removed or added is told`() throws {
        for deed in ["replace", "remove", "add"] {
            let vault = try Vault()
            defer { vault.room.remove() }
            let secrets = vault.secrets
            try tick(in: vault.room.path)
            switch deed {
            case "replace":
                try vault.write("new", "https://a.example/2\n")
                let done = unsafe rename("\(vault.source)/new", "\(vault.source)/keep.url")
                #expect(done == 0)
            case "remove":
                try FileManager.default.removeItem(atPath: "\(vault.source)/keep.url")
            default: try vault.write("other.url", "https://b.example/\n")
            }
            #expect(secrets.change != nil, "\(deed)")
        }
    }

    @Test func `without copies, or without a directory, nothing can be told`() throws {
        let vault = try Vault()
        defer { vault.room.remove() }
        #expect(Secrets(source: vault.source, taken: nil).change == nil)
        #expect(Secrets(source: "/nonexistent", taken: vault.taken).change == nil)
    }
}

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct `Trials after a change` {
    @Test func `a trial by an old secret is refused until a restart takes the new one`()
        async throws
    {
        let vault = try Vault()
        let room = vault.room
        defer { room.remove() }
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        defer { actuator.stop() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("the journal is there") { room.hasJournal }
        var options = room.options
        options.secrets = vault.source
        options.credentials = vault.taken

        var daemon = Running(options)
        await eventually("the daemon answers") { !room.status().isEmpty }
        #expect(room.ask(ControlRequest(.page))?.code == 0)
        try vault.write("keep.url", "https://a.example/2\n")
        daemon.reload()
        let refused = room.ask(ControlRequest(.page))
        #expect(refused?.code == 1)
        #expect(refused?.message.hasPrefix("no trial page was sent: the secrets in ") == true)
        #expect(refused?.message.hasSuffix("until: systemctl restart listbreakerd") == true)
        #expect(room.status().contains(#""changed_secrets":"the secrets in "#), "doctor reads it")
        #expect(room.pages == ["test"])
        _ = await daemon.stop()

        try vault.take()
        daemon = Running(options)
        await eventually("the daemon answers again") { !room.status().isEmpty }
        #expect(room.ask(ControlRequest(.page))?.code == 0)
        #expect(room.pages == ["test", "test"])
        _ = await daemon.stop()
    }
}
