// SPDX-License-Identifier: Apache-2.0
//
// Whether a directory can be changed, as the kernel says it in two places. Its lines are those of Linux
// 6.18 after an error of ext4 on a loop device.

import Glibc
import TestSupport
import Testing

@testable import Linux

struct DirectoryAccessTests {
    private static let mounts = """
        29 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
        61 29 7:0 / /var/spool/postfix rw,relatime shared:33 master:2 - ext4 /dev/loop0 rw,errors=remount-ro,emergency_ro
        62 29 7:1 /a - /mnt/emergency_ro rw - ext4 /dev/loop1 rw,errors=remount-ro
        """

    @Test func `a file system that has shut itself is told, and no other`() {
        #expect(DirectoryAccess.isShut("7:0", in: Self.mounts))
        #expect(!DirectoryAccess.isShut("7:1", in: Self.mounts))
        #expect(!DirectoryAccess.isShut("254:0", in: Self.mounts))
        #expect(!DirectoryAccess.isShut("7:00", in: Self.mounts))
        #expect(!DirectoryAccess.isShut("7:0", in: "61 29 7:0 - emergency_ro"))
    }

    @Test func `devices have the names that the table has`() throws {
        #expect(DirectoryAccess.name(of: 0x0700) == "7:0")
        #expect(DirectoryAccess.name(of: 0xfe00) == "254:0")
        #expect(DirectoryAccess.name(of: 0x0000_0001_0030_4512) == "69:1049362")
        // The one below us is in the table of this machine.
        var status = stat()
        try #require(unsafe stat("/proc/self", &status) == 0)
        let own = DirectoryAccess.name(of: status.st_dev)
        let table = try #require(try WholeFile.read("/proc/self/mountinfo", atMost: 1 << 20))
        #expect(String(decoding: table, as: UTF8.self).contains(" \(own) / /proc "))
    }

    @Test func `what is there and can be changed has no obstacle, what is gone has one`() throws {
        let scratch = try Scratch()
        #expect(DirectoryAccess.obstacle(to: scratch.path) == nil)
        #expect(DirectoryAccess.obstacle(to: scratch.path + "/gone") == Errno(ENOENT))
    }
}
