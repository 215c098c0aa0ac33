// SPDX-License-Identifier: Apache-2.0

import Breaker
import Dispatch
import EventTime
import FoundationEssentials
import Glibc
import Linux
import LocalSocket
import StormDetection
import Testing

@testable import Control

private let readerGroup: UInt32 = 5001
private let administratorGroup: UInt32 = 5002
private let acknowledgerGroup: UInt32 = 5003
private let owner: UInt32 = 700

private func access(ownerMayChange: Bool = false) -> ControlAccess {
    ControlAccess(
        owner: owner,
        ownerMayChange: ownerMayChange,
        readerGroup: readerGroup,
        administratorGroup: administratorGroup,
        acknowledgerGroup: acknowledgerGroup
    )
}

private func peer(_ uid: UInt32, _ groups: [UInt32] = []) -> Peer {
    Peer(uid: uid, gid: uid, pid: 1, groups: groups)
}

@Suite struct `Rights on the control socket` {
    @Test(arguments: ControlRequest.Verb.allCases)
    func `root and administrators may do everything`(verb: ControlRequest.Verb) {
        #expect(access().refusal(of: verb, to: peer(0)) == nil)
        #expect(access().refusal(of: verb, to: peer(1000, [administratorGroup])) == nil)
        let primary = Peer(uid: 1000, gid: administratorGroup, pid: 1, groups: [])
        #expect(access().refusal(of: verb, to: primary) == nil)
    }

    @Test(arguments: ControlRequest.Verb.allCases)
    func `readers and the daemon itself may read and not change`(verb: ControlRequest.Verb) {
        for peer in [peer(1000, [1, readerGroup]), peer(owner)] {
            let refusal = access().refusal(of: verb, to: peer)
            #expect((refusal != nil) == verb.isChange)
            if let refusal { #expect(refusal.contains("group 'listbreaker-admin'")) }
        }
    }

    @Test(arguments: ControlRequest.Verb.allCases)
    func `strangers may do nothing and learn which group`(verb: ControlRequest.Verb) throws {
        let refusal = try #require(access().refusal(of: verb, to: peer(1000, [1, 2])))
        #expect(refusal.contains("group 'listbreaker"))
    }

    @Test(arguments: ControlRequest.Verb.allCases)
    func `what brings acknowledgements may acknowledge, and neither read nor reset`(
        verb: ControlRequest.Verb
    ) {
        let refusal = access().refusal(of: verb, to: peer(990, [acknowledgerGroup]))
        #expect((refusal == nil) == (verb == .acknowledge))
    }

    @Test func `a group that does not exist lets nobody in`() {
        let none = ControlAccess(
            owner: owner,
            ownerMayChange: false,
            readerGroup: nil,
            administratorGroup: nil
        )
        #expect(none.refusal(of: .status, to: peer(1000, [0, readerGroup])) != nil)
        #expect(none.refusal(of: .status, to: peer(0)) == nil)
        #expect(ControlAccess.groupID(of: "no-such-group-here") == nil)
        #expect(ControlAccess.groupID(of: "root") == 0)
    }

    @Test func `whoever runs it by hand may command it`() {
        #expect(access(ownerMayChange: true).refusal(of: .reset, to: peer(owner)) == nil)
        #expect(access(ownerMayChange: true).refusal(of: .reset, to: peer(1000)) != nil)
    }
}

@Suite struct `Requests` {
    @Test func `a request without what its verb needs is refused before the daemon sees it`() {
        #expect(ControlRequest(.status).problem == nil)
        #expect(ControlRequest(.trip).problem == "name a list, or say --queue")
        #expect(ControlRequest(.acknowledge).problem != nil)
        #expect(ControlRequest(.explain).problem != nil)
        #expect(ControlRequest(.expect).problem != nil)
        #expect(ControlRequest(.holdOff).problem != nil)
        var answer = ControlRequest(.holdOff)
        answer.list = "annonce@example.org"
        for (seconds, isValid) in [(0, true), (86_400, true), (86_401, false), (-1, false)] {
            answer.seconds = Int64(seconds)
            #expect((answer.problem == nil) == isValid)
        }
        var kind = ControlRequest(.kind)
        kind.list = "annonce@example.org"
        #expect(kind.problem != nil)
        kind.kind = .auto
        #expect(kind.problem == nil)
        var reset = ControlRequest(.reset)
        reset.isQueue = true
        #expect(reset.problem == "a reset needs a reason")
        reset.reason = " \t\n"
        #expect(reset.problem == "a reset needs a reason")
        reset.reason = "storm is over"
        #expect(reset.problem == nil)
        reset.list = "a@example.org"
        #expect(reset.problem == "name a list, or say --queue")
        reset.isQueue = false
        reset.reason = String(repeating: "x", count: 1025)
        #expect(reset.problem == "a reason has at most 1024 bytes")
    }

    @Test func `every field survives the wire`() throws {
        var request = ControlRequest(.reset)
        request.list = "tout-le-monde@exämple.org"
        request.isQueue = true
        request.incident = 7
        request.reason = "line\nbreak \u{1B}"
        request.held = .release
        request.target = "webhook"
        request.copies = 50000
        request.until = Timestamp(seconds: 1_800_000_000)
        let line = try JSONEncoder().encode(request)
        #expect(!line.contains(UInt8(ascii: "\n")))
        #expect(try JSONDecoder().decode(ControlRequest.self, from: line) == request)
    }

    @Test(arguments: ["", "{", "[]", "{\"verb\":\"discard\"}", "{\"verb\":\"trip\",\"list\":7}"])
    func `what is no request is answered with 64 and never carried out`(line: String) async {
        let response = await ControlServer.response(to: Array(line.utf8), peer(0), access()) {
            _,
            _ in .done("carried out")
        }
        #expect(response.code == 64)
        #expect(!response.ok)
    }

    @Test func `a stranger learns about rights and nothing else`() async {
        let response = await ControlServer.response(
            to: Array(#"{"verb":"trip","isQueue":false}"#.utf8),
            peer(1000),
            access()
        ) { _, _ in .done("carried out") }
        #expect(response.code == 77)
        #expect(response.message.contains("listbreaker-admin"))
    }
}

@Suite struct `Server and client` {
    private func path() -> String { "/tmp/listbreaker-control-\(UUID().uuidString.prefix(8))" }

    @Test func `a request is answered over a real socket with the peer's uid`() async throws {
        let path = path()
        let server = try ControlServer(
            path: path,
            access: ControlAccess(owner: getuid(), ownerMayChange: true)
        ) { request, peer in
            .done("uid \(peer.uid) \(request.reason ?? "")", body: #"{"a":"\u001b[0m"}"#)
        }
        try server.start()
        defer { server.stop() }
        var request = ControlRequest(.trip)
        request.isQueue = true
        request.reason = "drill"
        let response = try await ask(request, path)
        #expect(response.message == "uid \(getuid()) drill")
        #expect(response.body == #"{"a":"\u001b[0m"}"#)
        #expect(response.code == 0)
    }

    @Test func `a daemon that does not run is 'cannot tell'`() {
        let error = #expect(throws: ControlError.self) {
            try ControlClient.ask(ControlRequest(.status), path: "/nonexistent/control.sock")
        }
        #expect(error?.code == 4)
        #expect(error?.description.contains(HostStep.text("systemctl status listbreakerd")) == true)
    }

    @Test func `an answer that is no response is 'cannot tell'`() async throws {
        let path = path()
        let server = try LineServer(path: path, mode: 0o600) { _, _ in Array("nonsense".utf8) }
        try server.start()
        defer { server.stop() }
        await #expect(throws: ControlError.self) { try await ask(ControlRequest(.status), path) }
    }

    /// Asks on a thread of its own: the client blocks, and the server needs the pool's threads.
    private func ask(_ request: ControlRequest, _ path: String) async throws -> ControlResponse {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result { try ControlClient.ask(request, path: path) }
                )
            }
        }
    }
}
