// SPDX-License-Identifier: Apache-2.0
//
// Answering a page from a telephone: the button that the script ntfy sends, a topic as ntfy serves it, and what
// ntfy-acks makes of what comes there. Who knows the topic can press the button and say nothing else.

import Control
import Foundation
import Linux
import Synchronization
import TestSupport
import Testing

private let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
private let key = String(repeating: "0123456789abcdef", count: 4)

/// A service on loopback, two scripts of ours and their secrets.
private final class Telephone {
    let folder = "/tmp/listbreaker-acks-\(UUID().uuidString.prefix(8))"
    private let service = Process()
    private let listener = Process()
    private let hold = Pipe()
    private let said = Pipe()
    private(set) var base = ""

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        service.executableURL = URL(filePath: "/usr/bin/python3")
        service.arguments = [root.appending(path: "Tests/AlertReceiver/receiver.py").path]
        service.standardInput = hold
        service.standardOutput = said
        try service.run()
        base = "http://127.0.0.1:\(line(of: said))"
        try secret("url", "\(base)/ntfy/ok/pages")
        try secret("ack", "\(base)/topic/acks")
        try secret("ackkey", key)
    }

    func secret(_ name: String, _ text: String) throws {
        try (text + "\n").write(
            toFile: "\(folder)/ntfy.\(name)",
            atomically: true,
            encoding: .utf8
        )
    }

    /// Up to the end of a line, however it comes.
    private func line(of pipe: Pipe) -> String {
        var bytes = Data()
        while let byte = try? pipe.fileHandleForReading.read(upToCount: 1), byte.first != 0x0a,
            !byte.isEmpty
        {
            bytes += byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Sends a page of `incident`; what the service got.
    func page(_ event: String = "trip", incident: String = "7", status: String = "firing")
        async throws -> [String: Any]
    {
        var environment = [
            "PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": folder, "LISTBREAKER_TARGET": "ntfy",
            "LISTBREAKER_EVENT": event, "LISTBREAKER_STATUS": status,
            "LISTBREAKER_SEVERITY": "critical", "LISTBREAKER_INCIDENT": incident,
            "LISTBREAKER_RUNBOOK_URL": "",
        ]
        for name in ["SUMMARY", "BEGAN", "ADVICE", "HOST", "RUNBOOK_URL"] {
            environment["LISTBREAKER_\(name)_JSON"] = "\"x\""
        }
        let done = try await run(root.appending(path: "alerts/ntfy").path, [], environment)
        try #require(done.code == 0, "\(done.errors)")
        let record = try JSONSerialization.jsonObject(with: Data(line(of: said).utf8))
        let fields = try #require(record as? [String: Any])
        #expect((fields["problems"] as? [String]) == [])
        return try #require(fields["body"] as? [String: Any])
    }

    /// The line and the address of the button that acknowledges; nil: there is none.
    func button(of page: [String: Any]) -> (line: String, address: String)? {
        let actions = page["actions"] as? [[String: Any]] ?? []
        let button = actions.first { $0["action"] as? String == "http" }
        guard let line = button?["body"] as? String, let address = button?["url"] as? String
        else { return nil }
        return (line, address)
    }

    /// What the telephone does when somebody presses the button.
    func send(_ line: String) async throws {
        let done = try await run(
            "/usr/bin/curl",
            ["-sf", "--data-binary", line, "\(base)/topic/acks"]
        )
        try #require(done.code == 0)
    }

    /// A line as the script would make it.
    func signed(_ text: String, with key: String) async throws -> String {
        let script = ". '\(root.path)/alerts/lib.sh'; signed \"$1\" \"$2\""
        return try await run("/bin/sh", ["-c", script, "sh", key, text]).output
    }

    func listen(_ socket: String) throws {
        let built = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
        listener.executableURL = root.appending(path: "alerts/ntfy-acks")
        listener.environment = [
            "PATH": "\(built):/usr/bin:/bin", "CREDENTIALS_DIRECTORY": folder,
            "LISTBREAKER_TARGET": "ntfy", "LISTBREAKER_SOCKET": socket,
        ]
        listener.standardInput = FileHandle.nullDevice
        listener.standardOutput = FileHandle.nullDevice
        listener.standardError = FileHandle.nullDevice
        try listener.run()
    }

    deinit {
        for process in [listener, service] where process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Suite(.serialized) struct `Answering a page from the telephone` {
    @Test func `who presses the button acknowledges, and who knows the topic can do nothing else`()
        async throws
    {
        let telephone = try Telephone()
        let asked = Mutex<[ControlRequest]>([])
        try await withDaemon { request, _ in
            asked.withLock { $0.append(request) }
            return .done("acknowledged incident \(request.incident ?? 0)")
        } _: { socket in
            try telephone.listen(socket)
            let button = try #require(telephone.button(of: try await telephone.page()))
            #expect(button.address == telephone.base + "/topic/acks")
            let now = Int64(Date().timeIntervalSince1970)
            let old = try await telephone.signed("ack 3 \(now - 4 * 86_400)", with: key)
            let foreign = try await telephone.signed("ack 4 \(now)", with: key + "0")
            // What is signed is no word but ack.
            let reset = try await telephone.signed("reset 5 \(now)", with: key)
            let code = String(repeating: "0", count: 64)
            for line in [
                old, foreign, reset, "ack 6 \(now) \(code)", "ack 7", "reset 7 --held release",
                "ack $(id) \(now) \(code)", "x\",\"message\":\"\(foreign)\",\"y\":\"",
                "ack 7 \(now) \(code); listbreaker reset 7", String(repeating: "ack ", count: 900),
                button.line.replacing("ack 7", with: "ack 8"), "\n\(button.line)",
            ] { try await telephone.send(line) }
            try await telephone.send(button.line)
            let has = await eventuallyAsync { asked.withLock { !$0.isEmpty } }
            #expect(has, "the listener says nothing")
            // Lines are taken in order: what came before the button has been judged.
            let requests = asked.withLock { $0 }
            #expect(requests.map(\.verb) == [.acknowledge])
            #expect(requests.map(\.incident) == [7])
        }
    }

    @Test func `only what is open and paged alone has the button`() async throws {
        let telephone = try Telephone()
        for (event, incident, status) in [
            ("acknowledged", "7", "firing"), ("reset", "7", "resolved"), ("blind", "", "firing"),
        ] {
            let page = try await telephone.page(event, incident: incident, status: status)
            #expect(telephone.button(of: page) == nil, "\(event)")
        }
        let reminder = try await telephone.page("reminder")
        #expect(telephone.button(of: reminder) != nil)
        try FileManager.default.removeItem(atPath: "\(telephone.folder)/ntfy.ack")
        let without = try await telephone.page()
        #expect(telephone.button(of: without) == nil)
    }

    @Test func `a button that cannot be made costs no page`() async throws {
        let telephone = try Telephone()
        for (name, text) in [("ack", "https://x.example/\""), ("ack", ""), ("ackkey", "")] {
            try telephone.secret("ack", "https://x.example/acks")
            try telephone.secret("ackkey", key)
            try telephone.secret(name, text)
            if text.isEmpty {
                try Data().write(to: URL(filePath: "\(telephone.folder)/ntfy.\(name)"))
            }
            let page = try await telephone.page()
            #expect(telephone.button(of: page) == nil, "\(name) \(text)")
        }
        try FileManager.default.removeItem(atPath: "\(telephone.folder)/ntfy.ackkey")
        let page = try await telephone.page()
        #expect(telephone.button(of: page) == nil)
    }

    @Test func `a short key, and an address that is none, are refused`() async throws {
        let telephone = try Telephone()
        let script = root.appending(path: "alerts/ntfy-acks").path
        let environment = [
            "PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": telephone.folder,
            "LISTBREAKER_TARGET": "ntfy",
        ]
        for (name, text) in [("ackkey", "secret"), ("ack", "file:///etc/passwd")] {
            let path = "\(telephone.folder)/ntfy.\(name)"
            let whole = try String(contentsOfFile: path, encoding: .utf8)
            try telephone.secret(name, text)
            let done = try await run(script, [], environment)
            #expect(done.code == 78)
            #expect(done.errors.contains("ntfy.\(name)") || done.errors.contains("TARGET.\(name)"))
            try telephone.secret(name, String(whole.dropLast()))
        }
    }
}
