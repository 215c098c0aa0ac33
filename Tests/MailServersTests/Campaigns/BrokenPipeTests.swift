// SPDX-License-Identifier: Apache-2.0
//
// What kills a process by default, and must not kill the side that is root.

import Glibc
import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Test func `the actuator ignores SIGPIPE by itself, whoever starts it`() throws {
    let program = try #require(
        RunningActuator.program,
        "listbreaker-actuator was not built beside the tests"
    )
    let scratch = try Scratch()
    let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    // A child of ours begins with every signal at its default, unlike one of systemd's.
    let child = try ChildProcess(
        ChildCommand(program, ["--socket", "\(scratch.path)/socket", "--state", scratch.path]),
        input: null,
        output: null,
        messages: null
    )
    defer {
        child.signal(SIGKILL)
        _ = child.reap()
    }
    let isIgnored = try eventually {
        let status = try StateFile.read("/proc/\(child.pid)/status") ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("SigIgn:") }
        let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
        return mask & 1 << UInt64(SIGPIPE - 1) != 0
    }
    #expect(isIgnored)
}
