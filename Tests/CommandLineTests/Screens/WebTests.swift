// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker web`: whom the door lets in, what a stranger's text becomes, and the real program with curl
// before it.

import Breaker
import Control
import Foundation
import Reports
import TestSupport
import Testing

@testable import listbreaker

private func head(_ lines: String...) -> [UInt8] {
    Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
}

private func asking(_ target: String, host: String = "127.0.0.1:8025", cookie: String? = nil)
    -> WebRequest?
{
    WebRequest(head("GET \(target) HTTP/1.1", "Host: \(host)", "Cookie: a=b; \(cookie ?? "c=d")"))
}

@Suite struct `A request of a browser` {
    @Test func `is read as far as it matters`() throws {
        let bytes = head(
            "GET /?x=1&token=abc HTTP/1.1",
            "HOST: localhost:1",
            "Cookie: a=b; k=v=w",
            "Accept: */*"
        )
        let request = try #require(WebRequest(bytes))
        #expect(request.path == "/" && request.token == "abc" && request.host == "localhost:1")
        #expect(request.cookies == ["a": "b", "k": "v=w"])
    }

    @Test(arguments: [
        "", "GET", "GET / HTTP/2", "POST / HTTP/1.1", "GET http://x/ HTTP/1.1", "GET  / HTTP/1.1",
        "GET / HTTP/1.1\r\nnocolon", "GET / HTTP/1.1\r\nHost: a\r\nHost: b", "GET /\u{0} HTTP/1.1",
        "GET /ä HTTP/1.1",
    ])
    func `that is none gets no answer but 400`(text: String) {
        #expect(WebRequest(Array((text + "\r\n\r\n").utf8)) == nil)
    }

    @Test func `of any bytes ends, and a long one is refused`() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let count = Int(random.next() % 200)
            let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = WebRequest(noise + [13, 10, 13, 10])
        }
        let long = String(repeating: "a", count: WebRequest.mostBytes)
        #expect(WebRequest(head("GET /\(long) HTTP/1.1")) == nil)
    }
}

@Suite struct `The door of the page` {
    private func door() -> WebDoor { WebDoor(port: 8025, token: "t0k", session: "s3s") }

    @Test func `opens once by the token, then by the cookie`() throws {
        var door = door()
        let first = try #require(asking("/?token=t0k"))
        guard case .enter(let cookie) = door.answer(first) else {
            Issue.record("the token did not open")
            return
        }
        #expect(cookie == "listbreaker-8025=s3s; HttpOnly; SameSite=Strict; Path=/")
        let again = door.answer(first)
        #expect(again != .enter(cookie: cookie) && again != .page)
        let shown = try #require(asking("/", cookie: "listbreaker-8025=s3s"))
        #expect(door.answer(shown) == .page)
    }

    @Test func `refuses what has neither, another host's name and another path`() throws {
        var door = door()
        func status(_ request: WebRequest?) throws -> Int? {
            guard case .refused(let status, _) = door.answer(try #require(request)) else {
                return nil
            }
            return status
        }
        #expect(try status(asking("/")) == 403)
        #expect(try status(asking("/?token=")) == 403)
        #expect(try status(asking("/?token=t0K")) == 403)
        #expect(try status(asking("/", cookie: "listbreaker-8025=")) == 403)
        #expect(try status(asking("/", cookie: "listbreaker-8026=s3s")) == 403)
        #expect(try status(asking("/status", cookie: "listbreaker-8025=s3s")) == 404)
        // A name of a stranger that leads to 127.0.0.1 does not get the token's door opened.
        #expect(try status(asking("/?token=t0k", host: "evil.example:8025")) == 421)
        #expect(try status(asking("/?token=t0k", host: "127.0.0.1")) == 421)
        #expect(try status(asking("/?token=t0k")) == nil)
    }
}

@Suite struct `The page of web` {
    private func html(_ report: StatusReport, trouble: String? = nil) -> String {
        let screen = TopScreen(report: report, console: Console(), lines: 24)
        return WebPage(screen: screen, refresh: 5, trouble: trouble).html
    }

    @Test func `says what top says`() {
        let text = html(.storm)
        #expect(text.contains("<h1 class=\"open\">OPEN (mail halted"))
        #expect(text.contains("annonce@example.org") && text.contains("listbreaker ack 7"))
        #expect(text.contains("content=\"5\""))
        #expect(html(.quiet).contains("<h1 class=\"shut\">"))
        #expect(html(.quiet, trouble: "it is <away>").contains("Not new: it is &lt;away&gt;"))
    }

    @Test func `has nothing of a stranger as markup`() {
        var report = StatusReport.storm
        report.lists[0].list = "<script>alert(1)</script>\"'&@example.org"
        report.incidents[0].summary = "</pre><img src=x onerror=y>"
        let text = html(report)
        #expect(!text.contains("<script") && !text.contains("<img"))
        #expect(text.contains("&lt;script&gt;"))
    }

    @Test func `draws a line of the looks`() {
        #expect(WebPage.curve([]) == "" && WebPage.curve([0, 0]) == "")
        let line = WebPage.curve([0, 50, .max])
        #expect(line.contains("d=\"M 0 19 L 60 ") && line.contains("L 120 1\""))
    }
}

@Suite struct `The program web` {
    @Test func `serves one browser and nobody else, and ends when it is told`() async throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = String(decoding: try encoder.encode(StatusReport.storm), as: UTF8.self)
        try await withDaemon({ _, _ in .done("", body: body) }) { path in
            let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            let process = Process()
            process.executableURL = folder.appending(path: "listbreaker")
            process.arguments = ["web", "--socket", path]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            defer { process.terminate() }
            let address = try await firstLine(of: output)
            let root = String(address.prefix { $0 != "?" })
            #expect(root.hasPrefix("http://127.0.0.1:"))

            func curl(_ words: String...) async throws -> String {
                try await run("/usr/bin/curl", ["-s", "-m", "10", "-i"] + words).output
            }
            #expect(try await curl(root).hasPrefix("HTTP/1.1 403 "))
            let entry = try await curl(address)
            #expect(entry.hasPrefix("HTTP/1.1 303 ") && entry.contains("Cache-Control: no-store"))
            let cookie = try #require(
                entry.split(separator: "\r\n").first { $0.hasPrefix("Set-Cookie: ") }?
                    .dropFirst("Set-Cookie: ".count).prefix { $0 != ";" }
            )
            #expect(try await curl(address).hasPrefix("HTTP/1.1 403 "))
            let page = try await curl("-H", "Cookie: \(cookie)", root)
            #expect(page.hasPrefix("HTTP/1.1 200 ") && page.contains("annonce@example.org"))
            #expect(page.contains("Content-Security-Policy: default-src 'none'"))
            #expect(try await curl("-X", "POST", root).hasPrefix("HTTP/1.1 400 "))

            process.terminate()
            let ended = await eventuallyAsync { !process.isRunning }
            #expect(ended && process.terminationStatus == 0)
        }
    }

    private func firstLine(of pipe: Pipe) async throws -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var line: [UInt8] = []
                while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first,
                    byte != 10
                { line.append(byte) }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
    }
}
