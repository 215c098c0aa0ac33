// SPDX-License-Identifier: Apache-2.0
//
// The actuator's door: who is let in, what is understood, and the whole program over its socket.

import FoundationEssentials
import Glibc
import Linux
import LocalSocket
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized) struct ActuatorTests {
    private let root = Peer(uid: 0, gid: 0, pid: 1, groups: [])

    private func report(_ peer: Peer, _ line: String, allowed: Set<UInt32> = []) throws
        -> HaltReport
    {
        let place = Actuator.Place(configuration: "/nonexistent", state: "/nonexistent")
        let answer = Actuator(place: place, allowed: allowed).perform(peer, Array(line.utf8))
        return try JSONDecoder().decode(HaltReport.self, from: Data(answer))
    }

    @Test func `only root and the named user are obeyed`() throws {
        let stranger = Peer(uid: 1234, gid: 0, pid: 1, groups: [0])
        let line = "{\"verb\":\"version\"}"
        #expect(
            try report(stranger, line).errors
                == ["cannot obey: uid 1234 is neither root nor the daemon's user"]
        )
        #expect(try report(stranger, line, allowed: [1234]).errors == [])
        #expect(try report(root, line).verb == .asked(.version))
    }

    @Test(arguments: [
        "", "{}", "halt", "{\"verb\":\"delete\"}", "{\"verb\":\"halt\"", "[]", "\u{0}",
        "{\"verb\":\"release\",\"limit\":\"many\"}", "{\"verb\":\"hold-ids\",\"ids\":[7]}",
        "{\"verb\":\"resume\",\"held\":\"discard\"}",
    ])
    func `anything but a fixed command is refused`(line: String) throws {
        let report = try report(root, line)
        #expect(report.verb == .none && report.errors.count == 1)
    }

    @Test(arguments: ["ALL", "-", "../x", "A1B2C3\nALL"])
    func `a queue ID that is none refuses the whole command`(id: String) throws {
        let line = try JSONEncoder().encode(ActuatorRequest(.holdIDs, ids: ["A1B2C3D4", id]))
        let report = try report(root, String(decoding: line, as: UTF8.self))
        #expect(report.verb == .none && report.errors.count == 1)
    }

    @Test func `a request with the most queue IDs fits into its line`() throws {
        let ids = Array(
            repeating: String(repeating: "Z", count: 20),
            count: ActuatorRequest.idLimit
        )
        let line = try JSONEncoder().encode(ActuatorRequest(.holdIDs, ids: ids))
        #expect(line.count <= LineLimits().requestBytes)
        let more = try JSONEncoder().encode(ActuatorRequest(.holdIDs, ids: ids + ["A1B2C3"]))
        #expect(try report(root, String(decoding: more, as: UTF8.self)).verb == .none)
    }

    @Test func `a Postfix that is not there is an error, not a halt`() throws {
        let report = try report(root, "{\"verb\":\"halt\"}")
        #expect(!report.isHalted && report.errors.count == 1, "\(report)")
    }

    @Test(.enabled(if: PrivatePostfix.isPossible))
    func `the client halts and resumes over the socket`() async throws {
        let postfix = try PrivatePostfix()
        let actuator = try RunningActuator(postfix)
        let client = ActuatorClient(path: actuator.path, timeout: .seconds(60))
        #expect(try await client.send(.init(.status)).isRunning)
        let halted = try await client.send(.init(.halt))
        #expect(halted.isHalted && halted.steps.map(\.name) == ["gate", "hold", "block", "settle"])
        try postfix.send(to: ["a@sub.test"])
        #expect(eventually { postfix.ids(in: "deferred").count == 1 })
        #expect(try await client.send(.init(.rehold)).held == 1)
        let resumed = try await client.send(.init(.resume))
        #expect(resumed.released == 1 && resumed.errors == [])
        actuator.kill()
        await #expect {
            _ = try await client.send(.init(.status))
        } throws: { ($0 as? HaltError)?.code == .unreachable }
    }

    @Test func `an actuator that does not answer is told in one sentence`() async throws {
        let client = ActuatorClient(path: "/nonexistent/actuator.sock")
        let said = { (verb: ActuatorRequest.Verb) in
            do throws(HaltError) {
                _ = try await client.send(.init(verb))
                return "it answers"
            } catch {
                return "\(error)"
            }
        }
        let rest =
            "through '/nonexistent/actuator.sock': no such file or directory (ENOENT); is "
            + "listbreaker-actuator.socket running? "
            + HostStep.text("systemctl status listbreaker-actuator.socket")
        #expect(await said(.status) == "cannot learn how mail stands \(rest)")
        #expect(await said(.heldPosts) == "cannot list held mail \(rest)")
        for verb in ActuatorRequest.Verb.allCases {
            #expect(await said(verb).hasSuffix(" \(rest)"), "\(verb)")
        }
    }

    @Test(.enabled(if: PrivatePostfix.isPossible))
    func `a main cf edited a moment ago does not delay the gate`() async throws {
        let postfix = try PrivatePostfix()
        let actuator = try RunningActuator(postfix)
        let client = ActuatorClient(path: actuator.path, timeout: .seconds(60))
        #expect(try await client.send(.init(.status)).errors == [])
        // out-2 is outbound no more, and main.cf is younger than the two seconds that Postfix
        // waits for.
        let master = try postfix.scratch.read("etc/master.cf")
        try postfix.scratch.write(
            "etc/master.cf",
            master.replacing("out-2 unix - - n - - smtp", with: "")
        )
        try postfix.scratch.write("etc/main.cf", try postfix.scratch.read("etc/main.cf"))
        async let report = client.send(.init(.halt))
        let start = ContinuousClock.now
        let gate = Gate(queue: postfix.queue, services: ["smtp", "relay"])
        while try !gate.open.isEmpty, ContinuousClock.now - start < .seconds(20) {
            try await Task.sleep(for: .milliseconds(1))
        }
        let closed = ContinuousClock.now - start
        let answer = try await report
        let whole = ContinuousClock.now - start
        #expect(answer.isHalted && answer.services == ["smtp", "relay"])
        #expect(whole > .seconds(1), "Postfix did not wait: the test proves nothing")
        #expect(closed < whole / 2, "\(closed) of \(whole)")
        #expect(try Gate(queue: postfix.queue, services: ["out-2"]).open == ["out-2"])
        #expect(try await client.send(.init(.resume)).errors == [])
        #expect(try gate.open == ["smtp", "relay"])
    }
}
