// SPDX-License-Identifier: Apache-2.0
//
// The built listbreaker-actuator as a process of its own, to be asked and to be killed.

import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import LocalSocket
@testable import MailServers

/// A running actuator over a private Postfix.
final class RunningActuator {
    private let arguments: [String]
    private(set) var pid: pid_t = 0
    let path: String

    /// The program that this build made, beside the test bundle.
    static var program: String? {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? ""
        let words = bundle.split(separator: "/", omittingEmptySubsequences: false)
        let folder = words.prefix { !$0.contains(".xctest") }.joined(separator: "/")
        let path = "\(folder)/listbreaker-actuator"
        return unsafe access(path, X_OK) == 0 ? path : nil
    }

    init(_ postfix: PrivatePostfix, more: [String] = []) throws {
        path = "\(postfix.scratch.path)/actuator.sock"
        arguments =
            [
                "--socket", path, "--state", postfix.state, "--config-directory",
                postfix.configuration,
            ]
            + more
        try start()
    }

    deinit { kill() }

    func start() throws {
        let program = try #require(
            Self.program,
            "listbreaker-actuator was not built beside the tests"
        )
        pid = try spawn(program, arguments)
        let isUp = try eventually {
            if isAnswering { return true }
            // A child of the killed one has its socket until it reaches exec(2), and a server
            // refuses a path that is still listened on. systemd would start it again, too.
            var status: Int32 = 0
            if unsafe waitpid(pid, &status, WNOHANG) == pid {
                pid = try spawn(program, arguments)
            }
            return false
        }
        try #require(isUp)
    }

    private var isAnswering: Bool {
        let outcome = try? LineClient.exchange(
            path: path,
            line: Array("{\"verb\":\"version\"}".utf8),
            timeout: .seconds(20)
        )
        return outcome != nil
    }

    /// Kills it without mercy; what it started lives on.
    func kill() {
        guard pid > 0 else { return }
        _ = Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
        pid = 0
    }

    /// Asks and waits.
    func ask(_ request: ActuatorRequest) throws -> HaltReport {
        let line = try JSONEncoder().encode(request)
        let answer = try LineClient.exchange(path: path, line: Array(line), timeout: .seconds(90))
        return try JSONDecoder().decode(HaltReport.self, from: Data(answer))
    }

    /// Asks, and kills it after `microseconds`, whether it has answered or not.
    func ask(_ request: ActuatorRequest, killAfter microseconds: UInt32) throws {
        let line = try JSONEncoder().encode(request)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let outcome = unsafe Descriptor.withAddress(of: path) { address, length in
            unsafe connect(descriptor, address, length)
        }
        try #require(outcome == 0)
        try #require(StateFile.write(descriptor, Array(line) + [10]))
        usleep(microseconds)
        kill()
    }
}
