// SPDX-License-Identifier: Apache-2.0
//
// Programs that the command line runs, and decompressors: nothing of theirs may keep it waiting.

import Glibc
import Linux
import Testing

@testable import listbreaker

@Suite struct `Programs that are run` {
    @Test func `one that leaves a child with its pipes behind has ended all the same`() throws {
        let start = ContinuousClock.now
        let outcome = try Tool("/bin/sh", ["-c", "sleep 600 & echo $!; exit 3"]).run()
        #expect(outcome.status == 3)
        #expect(ContinuousClock.now - start < .seconds(10))
        if let left = pid_t(outcome.text) { kill(left, SIGKILL) }
    }

    @Test func `one that hangs is killed with its children, and the sentence says so`() throws {
        let folder = "/tmp/listbreaker-tool-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try #require(unsafe mkdir(folder, 0o700) == 0)
        defer { _ = try? Tool("/bin/rm", ["-rf", "--", folder]).run() }
        var tool = Tool("/bin/sh", ["-c", "sleep 600 & echo $! >\(folder)/child; wait"])
        tool.deadline = .milliseconds(500)
        #expect {
            _ = try tool.run()
        } throws: { error in
            (error as? Failure)?.message
                == "cannot run '/bin/sh': no end after 0.5 seconds; it was killed"
        }
        let text = try WholeFile.read("\(folder)/child", atMost: 99) ?? []
        let left = try #require(pid_t(String(decoding: text, as: UTF8.self).dropLast()))
        let end = ContinuousClock.now + .seconds(10)
        while kill(left, 0) == 0, ContinuousClock.now < end { usleep(5000) }
        #expect(kill(left, 0) != 0)
    }

    @Test func `a missing one says so`() {
        #expect {
            _ = try Tool("/nonexistent/postconf", []).run()
        } throws: { error in
            (error as? Failure)?.message
                == "cannot run '/nonexistent/postconf': no such file or directory (ENOENT)"
        }
    }

    @Test func `a decompressor gets nothing of our environment`() throws {
        let folder = "/tmp/listbreaker-tool-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try #require(unsafe mkdir(folder, 0o700) == 0)
        defer { _ = try? Tool("/bin/rm", ["-rf", "--", folder]).run() }
        let path = "\(folder)/log.xz"
        let packed = try Tool("/usr/bin/xz", ["-c"]).run(input: Array("one\ntwo\n".utf8))
        try WholeFile.replace(path, with: packed.output)
        // xz(1) would list the file instead of unpacking it.
        unsafe setenv("XZ_OPT", "--list", 1)
        defer { unsafe unsetenv("XZ_OPT") }
        let lines = try LineStream(path: path)
        #expect(lines.next().map { String(decoding: $0, as: UTF8.self) } == "one")
        #expect(lines.next().map { String(decoding: $0, as: UTF8.self) } == "two")
        #expect(lines.next() == nil)
        #expect(lines.damage == nil)
    }
}
