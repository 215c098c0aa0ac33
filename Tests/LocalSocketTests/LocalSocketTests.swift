// SPDX-License-Identifier: Apache-2.0
//
// The ordinary cases: an answer, progress, credentials, binding and giving back the path, idling.

import Glibc
import Linux
import TestSupport
import Testing

@testable import LocalSocket

@Suite struct LocalSocketTests {
    @Test func `a line is answered with the peer's uid and the socket goes away at stop`()
        async throws
    {
        let bench = try Bench()
        let server = try bench.echo()
        let answer = try await LineClient.ask(
            path: bench.path,
            line: Array("hello".utf8),
            timeout: .seconds(5)
        )
        #expect(String(decoding: answer, as: UTF8.self) == "echo \(getuid()) hello")
        var status = stat()
        #expect(unsafe stat(bench.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        server.stop()
        #expect(await eventuallyAsync { unsafe access(bench.path, F_OK) != 0 })
    }

    @Test func `progress lines come before the answer and in order`() async throws {
        let bench = try Bench()
        let server = try LineServer(path: bench.path, mode: 0o600) { _, _, send in
            for step in 1...100 { _ = send(Array("step \(step)".utf8)) }
            return Array("done".utf8)
        }
        try server.start()
        let lines = Guarded<[String]>([])
        let answer = try await LineClient.ask(
            path: bench.path,
            line: [],
            timeout: .seconds(5),
            progress: { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        )
        #expect(String(decoding: answer, as: UTF8.self) == "done")
        #expect(lines.withLock { $0 } == (1...100).map { "step \($0)" } + ["done"])
        server.stop()
    }

    @Test func `an answer of many megabytes arrives whole`() async throws {
        let bench = try Bench()
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 15 << 20)
        let server = try LineServer(path: bench.path, mode: 0o600) { _, _ in body }
        try server.start()
        let answer = try await LineClient.ask(path: bench.path, line: [], timeout: .seconds(10))
        #expect(answer.count == body.count)
        server.stop()
    }

    @Test
    func `a second server is refused while the first one lives and a dead path is taken over`()
        async throws
    {
        let bench = try Bench()
        let server = try bench.echo()
        #expect {
            _ = try LineServer(path: bench.path, mode: 0o600) { _, line in line }
        } throws: { ($0 as? SocketError)?.code == .inUse }
        server.stop()
        #expect(await eventuallyAsync { unsafe access(bench.path, F_OK) != 0 })

        // A socket whose process died: bound, never unlinked, nobody listens.
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = unsafe Descriptor.withAddress(of: bench.path) { address, length in
            unsafe bind(dead, address, length)
        }
        #expect(bound == 0)
        close(dead)
        let heir = try bench.echo()
        let answer = try await LineClient.ask(path: bench.path, line: [1], timeout: .seconds(5))
        #expect(answer.last == 1)
        heir.stop()
    }

    @Test func `a file on the path is refused and left alone`() async throws {
        let bench = try Bench()
        let file = unsafe open("\(bench.directory)/file", O_CREAT | O_WRONLY, 0o600)
        close(file)
        #expect {
            _ = try LineServer(path: "\(bench.directory)/file", mode: 0o600) { _, line in line }
        } throws: { ($0 as? SocketError)?.code == .notASocket }
        #expect(unsafe access("\(bench.directory)/file", F_OK) == 0)
    }

    @Test func `an inherited socket is served until idle and keeps its path`() async throws {
        let bench = try Bench()
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = unsafe Descriptor.withAddress(of: bench.path) { address, length in
            unsafe bind(listener, address, length)
        }
        try #require(bound == 0 && listen(listener, 8) == 0)
        var limits = LineLimits()
        limits.idle = .milliseconds(300)
        let server = try LineServer(inherited: listener, limits: limits) { _, line, _ in line }
        let ended = Guarded(false)
        let refused = startThread(named: "test") {
            server.run()
            ended.withLock { $0 = true }
        }
        #expect(refused == 0)
        let answer = try await LineClient.ask(path: bench.path, line: [7], timeout: .seconds(5))
        #expect(answer == [7])
        #expect(await eventuallyAsync { ended.withLock { $0 } })
        #expect(unsafe access(bench.path, F_OK) == 0)
    }

    @Test func `each failure to connect says what to do`() async throws {
        let bench = try Bench()
        await #expect {
            try await LineClient.ask(path: bench.path, line: [], timeout: .seconds(1))
        } throws: { error in
            "\(error)" == "cannot connect to '\(bench.path)': no such file or directory (ENOENT); "
                + "is listbreakerd running? " + HostStep.text("systemctl status listbreakerd")
        }
        await #expect {
            try await LineClient.ask(
                path: String(repeating: "p", count: 200),
                line: [],
                timeout: .seconds(1)
            )
        } throws: { ($0 as? SocketError)?.code == .tooLong }
        #expect(
            SocketError.connecting(
                to: "/",
                service: "listbreakerd",
                why: Errno(EACCES)
            ).description == "cannot connect to '/': permission denied (EACCES); become root"
        )
    }
}
