// SPDX-License-Identifier: Apache-2.0
//
// The block in main.cf: taken out it leaves no byte behind, and what others wrote stays theirs.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct OutboundBlockTests {
    private let text = OutboundBlock.text(services: ["smtp", "out-2"], before: "qmqp/inet")

    @Test func `the block keeps the value that was there before`() {
        #expect(text.contains("\nmaster_service_disable = qmqp/inet smtp/unix out-2/unix\n"))
    }

    @Test(arguments: ["", "a = b\n", "a = b", "a = b,\n  c", "# only a comment", "a = b\r\n\u{0}"])
    func `installing and removing it gives back every byte`(main: String) {
        let bytes = Array(main.utf8)
        let halted = OutboundBlock.install(text, into: bytes)
        #expect(OutboundBlock.standing(in: halted, text: text) == .whole)
        let isEnded = main.isEmpty || main.utf8.last == UInt8(ascii: "\n")
        let newline: [UInt8] = isEnded ? [] : [UInt8(ascii: "\n")]
        #expect(OutboundBlock.remove(from: halted) == bytes + newline)
        #expect(OutboundBlock.standing(in: bytes, text: text) == .absent)
    }

    @Test func `what others did to our lines is named`() {
        let halted = String(
            decoding: OutboundBlock.install(text, into: Array("a = b\n".utf8)),
            as: UTF8.self
        )
        func standing(_ main: String) -> OutboundBlock.Standing {
            OutboundBlock.standing(in: Array(main.utf8), text: text)
        }
        #expect(
            standing(halted.replacing(" out-2/unix", with: ""))
                == .altered("it reads master_service_disable = qmqp/inet smtp/unix")
        )
        #expect(
            standing(halted + "master_service_disable =\n")
                == .altered("a later line sets master_service_disable = ")
        )
        #expect(
            standing(halted.replacing(OutboundBlock.lastLine, with: ""))
                == .altered("its last line is gone")
        )
        #expect(
            standing(halted.replacing(OutboundBlock.firstLine, with: ""))
                == .altered("its first line is gone")
        )
        #expect(standing(halted + "relayhost =\n") == .whole)
    }

    @Test func `main cf comes back with bytes, mode and time`() throws {
        let place = try Scratch()
        let main = "\(place.path)/main.cf"
        try place.write("main.cf", "a = b\nno newline at the end")
        var times = [
            timespec(tv_sec: 1_000_000_000, tv_nsec: 5),
            timespec(tv_sec: 1_000_000_000, tv_nsec: 5),
        ]
        #expect(unsafe utimensat(AT_FDCWD, main, &times, 0) == 0)
        #expect(unsafe chmod(main, 0o640) == 0)
        let before = try #require(StateFile.status(main))
        let file = BlockFile(configuration: place.path, state: place.path)
        #expect(try file.install(services: ["smtp"], before: "") == .installed)
        #expect(try file.install(services: ["smtp"], before: "") == .already)
        #expect(try file.standing() == .whole)
        #expect(try file.restore() == .restored)
        let after = try #require(StateFile.status(main))
        #expect(try place.read("main.cf") == "a = b\nno newline at the end")
        #expect(after.st_mode == before.st_mode && after.st_mtim.tv_sec == before.st_mtim.tv_sec)
        #expect(try file.restore() == .absent)
    }

    @Test func `a main cf just edited is dated back so that no program waits for it`() throws {
        let place = try Scratch()
        try place.write("main.cf", "a = b\n")
        let file = BlockFile(configuration: place.path, state: place.path)
        _ = try file.install(services: ["smtp"], before: "")
        let status = try #require(StateFile.status(file.main))
        #expect(status.st_mtim.tv_sec <= time(nil) - 10)
    }

    @Test func `what others changed meanwhile stays when the block goes`() throws {
        let place = try Scratch()
        try place.write("main.cf", "a = b\n")
        let file = BlockFile(configuration: place.path, state: place.path)
        _ = try file.install(services: ["smtp"], before: "")
        let halted = try place.read("main.cf")
        try place.write("main.cf", "# new\n" + halted.replacing("a = b", with: "a = c") + "d = e\n")
        #expect(try file.restore() == .restored)
        #expect(try place.read("main.cf") == "# new\na = c\nd = e\n")
    }

    @Test func `a value that someone else set is reported and left`() throws {
        let place = try Scratch()
        try place.write("main.cf", "a = b\n")
        let file = BlockFile(configuration: place.path, state: place.path)
        _ = try file.install(services: ["smtp", "relay"], before: "")
        let altered = try place.read("main.cf").replacing(" relay/unix", with: "")
        try place.write("main.cf", altered)
        let changed = BlockFile.Outcome.changed("it reads master_service_disable = smtp/unix")
        #expect(try file.install(services: ["smtp", "relay"], before: "") == changed)
        #expect(try file.restore() == changed)
        #expect(try place.read("main.cf") == altered)
    }

    @Test func `a block that vanished is put back and the new main cf is what is restored`() throws
    {
        let place = try Scratch()
        try place.write("main.cf", "a = b\n")
        let file = BlockFile(configuration: place.path, state: place.path)
        _ = try file.install(services: ["smtp"], before: "")
        try place.write("main.cf", "generated = anew\n")
        #expect(try file.install(services: ["smtp"], before: "") == .reinstalled)
        #expect(try file.restore() == .restored)
        #expect(try place.read("main.cf") == "generated = anew\n")
    }

    @Test func `a linked main cf stays a link`() throws {
        let place = try Scratch()
        try place.write("managed", "a = b\n")
        #expect(unsafe symlink("\(place.path)/managed", "\(place.path)/main.cf") == 0)
        let file = BlockFile(configuration: place.path, state: place.path)
        _ = try file.install(services: ["smtp"], before: "")
        #expect(try place.read("managed").contains("smtp/unix"))
        _ = try file.restore()
        #expect(try place.read("managed") == "a = b\n")
        var status = stat()
        #expect(unsafe lstat(file.main, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
}
