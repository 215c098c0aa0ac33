// SPDX-License-Identifier: Apache-2.0
//
// Clients that mean harm or are broken. Each test ends by asking an honest question: a server
// that survived but answers nobody has lost.

import Glibc
import Linux
import TestSupport
import Testing

@testable import LocalSocket

@Suite struct HostileClientTests {
    private func isServing(_ bench: Bench) async -> Bool {
        let answer = try? await LineClient.ask(
            path: bench.path,
            line: Array("?".utf8),
            timeout: .seconds(5)
        )
        return answer == Array("echo \(getuid()) ?".utf8)
    }

    @Test func `a client that sends nothing is dropped at the deadline and delays nobody`()
        async throws
    {
        let bench = try Bench()
        var limits = LineLimits()
        limits.readDeadline = .seconds(60)
        let patient = try bench.echo(limits)
        let silent = try bench.connect()
        #expect(await isServing(bench))
        #expect(!isClosed(silent, within: .zero))
        close(silent)
        patient.stop()

        let other = try Bench()
        limits.readDeadline = .milliseconds(500)
        let server = try other.echo(limits)
        let start = ContinuousClock.now
        let dropped = try other.connect()
        #expect(await drain(dropped) == [])
        #expect(ContinuousClock.now - start >= .milliseconds(400))
        close(dropped)
        server.stop()
    }

    @Test func `a client that drips bytes does not outlive the deadline`() async throws {
        let bench = try Bench()
        var limits = LineLimits()
        limits.readDeadline = .milliseconds(300)
        let server = try bench.echo(limits)
        let slow = try bench.connect()
        let end = ContinuousClock.now + .seconds(5)
        var isOpen = true
        while isOpen, ContinuousClock.now < end {
            isOpen = push(slow, [UInt8(ascii: "a")])
            try? await Task.sleep(for: .milliseconds(10))
        }
        #expect(!isOpen)
        close(slow)
        #expect(await isServing(bench))
        server.stop()
    }

    @Test(arguments: [64 << 10, (64 << 10) + 1, 5 << 20])
    func `a line is answered up to its limit and refused above it`(size: Int) async throws {
        let bench = try Bench()
        let server = try bench.echo()
        let client = try bench.connect()
        push(client, [UInt8](repeating: UInt8(ascii: "x"), count: size) + [newline])
        let answer = try #require(await drain(client))
        #expect((answer.count > size) == (size <= 64 << 10))
        close(client)
        #expect(await isServing(bench))
        server.stop()
    }

    @Test func `a request without its newline is never carried out`() async throws {
        let bench = try Bench()
        let asked = Guarded(0)
        let server = try LineServer(path: bench.path, mode: 0o600) { _, line in
            asked.withLock { $0 += 1 }
            return line
        }
        try server.start()
        let client = try bench.connect()
        push(client, Array("reset --all".utf8))
        shutdown(client, Int32(SHUT_WR))
        #expect(await drain(client) == [])
        close(client)
        #expect(try await LineClient.ask(path: bench.path, line: [1], timeout: .seconds(5)) == [1])
        #expect(asked.withLock { $0 } == 1)
        server.stop()
    }

    @Test func `two requests on one connection are refused together`() async throws {
        let bench = try Bench()
        let server = try bench.echo()
        let client = try bench.connect()
        push(client, Array("one\ntwo\n".utf8))
        #expect(await drain(client) == [])
        close(client)
        #expect(await isServing(bench))
        server.stop()
    }

    @Test func `any bytes are only bytes`() async throws {
        let bench = try Bench()
        let server = try bench.echo()
        let line = (0...255).map { UInt8($0) }.filter { $0 != newline }
        let answer = try await LineClient.ask(path: bench.path, line: line, timeout: .seconds(5))
        #expect(answer == Array("echo \(getuid()) ".utf8) + line)
        server.stop()
    }

    @Test func `a crowd of silent clients cannot shut others out for longer than the deadline`()
        async throws
    {
        let bench = try Bench()
        var limits = LineLimits()
        limits.readDeadline = .milliseconds(300)
        limits.connections = 4
        let server = try bench.echo(limits)
        let crowd = try (0..<12).map { _ in try bench.connect() }
        #expect(await isServing(bench))
        for descriptor in crowd {
            #expect(await drain(descriptor) == [])
            close(descriptor)
        }
        server.stop()
    }

    @Test func `a client that leaves before its answer harms neither the task nor the next one`()
        async throws
    {
        let bench = try Bench()
        let finished = Guarded(0)
        let server = try LineServer(path: bench.path, mode: 0o600) { _, line, send in
            while line == [1], send([0]) { await Task.yield() }
            finished.withLock { $0 += 1 }
            return line
        }
        try server.start()
        let client = try bench.connect()
        push(client, [1, newline])
        var one: UInt8 = 0
        #expect(unsafe recv(client, &one, 1, 0) == 1)
        close(client)
        #expect(await eventuallyAsync { finished.withLock { $0 } == 1 })
        #expect(try await LineClient.ask(path: bench.path, line: [2], timeout: .seconds(5)) == [2])
        server.stop()
    }

    @Test func `a client that does not read its answer is dropped`() async throws {
        let bench = try Bench()
        var limits = LineLimits()
        limits.writeDeadline = .milliseconds(300)
        let server = try LineServer(path: bench.path, mode: 0o600, limits: limits) { _, line in
            [UInt8](repeating: UInt8(ascii: "y"), count: line == [1] ? 8 << 20 : 1)
        }
        try server.start()
        let client = try bench.connect()
        push(client, [1, newline])
        #expect(isClosed(client, within: .seconds(20)))
        let answer = try #require(await drain(client))
        #expect(answer.count < 8 << 20)
        close(client)
        #expect(
            try await LineClient.ask(path: bench.path, line: [2], timeout: .seconds(5)).count == 1
        )
        server.stop()
    }

    @Test func `an answer above its limit is cut off and the client is told`() async throws {
        let bench = try Bench()
        var limits = LineLimits()
        limits.answerBytes = 1000
        let server = try LineServer(path: bench.path, mode: 0o600, limits: limits) { _, _ in
            [UInt8](repeating: UInt8(ascii: "y"), count: 2000)
        }
        try server.start()
        await #expect {
            try await LineClient.ask(path: bench.path, line: [], timeout: .seconds(5))
        } throws: { ($0 as? SocketError)?.code == .cut }
        server.stop()
    }

    @Test func `a server that never answers is given up after the timeout`() async throws {
        let bench = try Bench()
        let server = try LineServer(path: bench.path, mode: 0o600) { _, line in
            try? await Task.sleep(for: .seconds(600))
            return line
        }
        try server.start()
        await #expect {
            try await LineClient.ask(path: bench.path, line: [], timeout: .milliseconds(200))
        } throws: { ($0 as? SocketError)?.code == .timedOut }
        server.stop()
    }
}
