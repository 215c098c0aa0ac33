// SPDX-License-Identifier: Apache-2.0
//
// What a user without the right group is told. Needs root to become somebody else, and a program to
// do it with: the benchmark's reader, built beside the tests.

import EventTime
import Glibc
import MailLog
import Testing

@testable import Journal

struct PermissionTests {
    /// `listbreaker-bench`, in the folder of the running test program.
    static let reader: String = {
        var room = [CChar](repeating: 0, count: 4096)
        let count = max(0, unsafe readlink("/proc/self/exe", &room, room.count - 1))
        let path = String(
            decoding: room[..<count].map { byte in UInt8(bitPattern: byte) },
            as: UTF8.self
        )
        return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/listbreaker-bench"
    }()

    static var canRun: Bool {
        let isPossible = unsafe geteuid() == 0 && access(reader, X_OK) == 0
        if !isPossible { print("SKIPPED: tests of permissions need root and \(reader)") }
        return isPossible
    }

    /// Exit status and words of the reader as nobody.
    private func readAsNobody(_ shop: Workshop) -> (status: Int32, text: String) {
        let output = shop.path + "/said"
        let script =
            "exec setpriv --reuid=65534 --regid=65534 --clear-groups \(Self.reader) "
            + "--read-only \(shop.path)/journal 2>\(output)"
        let status = Workshop.run(["sh", "-c", script])
        guard let file = unsafe fopen(output, "r") else { return (status, "") }
        defer { unsafe fclose(file) }
        var room = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&room, 1, room.count, file)
        return (status, String(decoding: room[..<count], as: UTF8.self))
    }

    private func shop(mode: mode_t, group: gid_t) throws -> Workshop {
        let shop = try Workshop()
        unsafe chmod(shop.path, 0o755)
        unsafe mkdir(shop.path + "/journal", 0o755)
        let file = try shop.write([.mail("a", second: 1)], to: "journal/system.journal")
        unsafe chown(file, 0, group)
        unsafe chmod(file, mode)
        return shop
    }

    @Test(.enabled(if: canRun))
    func `a user outside the group is told which group is missing, and status 77`() throws {
        let group = try #require(groupID(of: "adm"))
        let shop = try shop(mode: 0o640, group: group)
        let (status, text) = readAsNobody(shop)
        #expect(status == 77)
        #expect(
            text == "listbreaker-bench: cannot read the journal "
                + "'\(shop.path)/journal/system.journal': permission denied (EACCES); add this "
                + "user to group 'adm' and start again\n"
        )
    }

    @Test(.enabled(if: canRun))
    func `a file for its owner only is told apart, and a readable one is read`() throws {
        let closed = try shop(mode: 0o600, group: 0)
        #expect(readAsNobody(closed).status == 77)
        #expect(readAsNobody(closed).text.contains("only its owner may read it"))
        let open = try shop(mode: 0o644, group: 0)
        #expect(readAsNobody(open).status == 0)
    }

    @Test(.enabled(if: canRun))
    func `journals of single users may be closed, an archive too, but not the active one`() throws {
        let shop = try shop(mode: 0o644, group: 0)
        for name in ["user-1000.journal", "system@1.journal"] {
            let file = try shop.write([.mail("b", second: 2)], to: "journal/" + name)
            unsafe chmod(file, 0o600)
        }
        #expect(readAsNobody(shop).status == 0)
        let remote = try shop.write([.mail("c", second: 3)], to: "journal/remote-mx.journal")
        unsafe chmod(remote, 0o600)
        #expect(readAsNobody(shop).status == 77)
    }

    private func groupID(of name: String) -> gid_t? {
        guard let entry = unsafe getgrnam(name) else { return nil }
        return unsafe entry.pointee.gr_gid
    }
}
