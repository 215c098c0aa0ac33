// SPDX-License-Identifier: Apache-2.0
//
// Running programs: deadline, cap, standard input, environment, and children left behind.

import Glibc
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct ProgramTests {
    @Test func `input goes in, output comes out, and an exit status is a value`() throws {
        var program = Program("/bin/sh", ["-c", "cat; echo no >&2; exit 3"])
        program.input = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        let outcome = try program.run(deadline: .seconds(10))
        #expect(outcome.status == 3)
        #expect(outcome.output.count == 300_000)
        #expect(String(decoding: outcome.messages, as: UTF8.self) == "no\n")
    }

    @Test func `a program that does not end is killed at its deadline with its children`() throws {
        let start = ContinuousClock.now
        #expect {
            try Program("/bin/sh", ["-c", "sleep 60 & sleep 60"]).run(deadline: .milliseconds(200))
        } throws: { ($0 as? HaltError)?.code == .hung }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `a child in the background that keeps the pipes does not keep us`() throws {
        let start = ContinuousClock.now
        let outcome = try Program("/bin/sh", ["-c", "echo done; sleep 30 &"]).run(
            deadline: .seconds(60)
        )
        #expect(outcome.text == "done\n")
        #expect(ContinuousClock.now - start < .seconds(25))
    }

    @Test func `a program that speaks into a file is killed at its deadline, and waited for idly`()
        throws
    {
        let descriptor = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var program = Program("/bin/sh", ["-c", "exec >&2; sleep 60"])
        program.messagesTo = descriptor
        let before = clock()
        let start = ContinuousClock.now
        #expect {
            try program.run(deadline: .milliseconds(1500))
        } throws: { ($0 as? HaltError)?.code == .hung }
        let spent = clock() - before
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(spent < 700_000, "\(spent) us of processor time")
    }

    @Test func `output is kept up to its limit and the program runs on`() throws {
        let outcome = try Program("/bin/sh", ["-c", "head -c 5000000 /dev/zero; exit 4"]).run(
            deadline: .seconds(10)
        )
        #expect(outcome.status == 4)
        #expect(outcome.output.count == Program.outputLimit)
    }

    @Test func `nothing of our environment is passed on`() throws {
        unsafe setenv("LISTBREAKER_SECRET", "1", 1)
        let outcome = try Program("/usr/bin/env", []).run(deadline: .seconds(10))
        #expect(outcome.text == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n")
    }

    @Test func `a missing program and a failing one say so`() {
        #expect {
            try Program("/nonexistent/postsuper", []).run(deadline: .seconds(1))
        } throws: { error in
            "\(error)"
                == "cannot run '/nonexistent/postsuper': no such file or directory (ENOENT)"
        }
        #expect {
            try Program("/bin/sh", ["-c", "echo one >&2; echo two >&2; exit 1"]).check(
                deadline: .seconds(10)
            )
        } throws: { "\($0)" == "cannot run '/bin/sh': exit status 1: two" }
    }
}
