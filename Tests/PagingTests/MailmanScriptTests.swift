// SPDX-License-Identifier: Apache-2.0
//
// Where Mailman's script lets the password go: to this host over plain HTTP, and nowhere else. Nothing
// listens on port 1, so an address that is taken gives "no answer", and one that is not is refused
// before anything is asked.

import Foundation
import Testing

@testable import Paging

@Suite struct MailmanScriptTests {
    private func ask(_ url: String) async throws -> ManagerScript.Outcome {
        let directory = try ScriptDirectory()
        for (name, text) in [("mailman3.url", url), ("mailman3.password", "s3cret")] {
            try Data("\(text)\n".utf8).write(to: URL(filePath: "\(directory.path)/\(name)"))
        }
        let script = ManagerScript(
            "\(managers)/mailman3",
            state: directory.path,
            credentials: directory.path
        )
        return await script.ask(.status).outcome
    }

    @Test(arguments: [
        "http://127.0.0.1:0/3.1", "http://localhost:65536/", "http://127.0.0.1:+1/3.1",
        "http://127.0.0.1:/3.1", "http://127.0.0.1.evil.example/3.1", "http://localhostevil/3.1",
        "https://127.0.0.1:8001/3.1", "127.0.0.1:8001", "http://127.0.0.1:1@evil.example/3.1",
        "http://[::1].evil.example/", "http://127.0.0.1:1.evil.example/", "http://evil.example/",
        "http://127.0.0.1:1/\" proxy=\"http://evil.example",
    ])
    func `a URL that leads elsewhere, or nowhere, is not asked`(url: String) async throws {
        guard case .unreachable(let why) = try await ask(url) else {
            Issue.record("'\(url)' was asked")
            return
        }
        #expect(why.contains("is not set up"), "\(why)")
    }

    @Test(arguments: [
        "http://127.0.0.1:1/3.1", "http://localhost:1/3.1", "http://[::1]:1/3.1",
        "http://127.0.0.1:1",
    ])
    func `a URL of this host is asked`(url: String) async throws {
        guard case .unreachable(let why) = try await ask(url) else {
            Issue.record("'\(url)' gave no answer that could be")
            return
        }
        #expect(why.contains("has no answer"), "\(why)")
    }
}
