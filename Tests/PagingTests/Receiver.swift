// SPDX-License-Identifier: Apache-2.0
//
// receiver.py as a value: started on a port of its own, with the certificate that TLS needs, and
// what it has received.

import Foundation
import Linux
import Testing

@testable import Paging

/// Where the project's files are.
private let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The path of a script that we ship.
func shipped(_ name: String) -> String { root.appending(path: "alerts/\(name)").path }

/// One request as the receiver saw it.
struct Received: Decodable {
    var service: String
    var behaviour: String
    var path: String
    var headers: [String: String]
    var problems: [String]
}

/// The receiver, running until the value goes away.
final class Receiver: Sendable {
    private let process: Process
    private let input: Pipe
    private let lines: Lines
    let port: Int
    /// What it received so far.
    var requests: [Received] {
        lines.all.dropFirst().compactMap {
            try? JSONDecoder().decode(Received.self, from: Data($0.utf8))
        }
    }

    /// What it received, once that is so many requests.
    func requests(_ count: Int) async -> [Received] {
        _ = await holds(within: 20) { requests.count >= count }
        return requests
    }

    /// Its requests as JSON.
    var texts: [String] { Array(lines.all.dropFirst()) }

    /// Starts it; with a certificate's and a key's path, behind TLS.
    init(_ arguments: String...) async throws {
        process = Process()
        input = Pipe()
        lines = Lines()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = root.appending(path: "Tests/AlertReceiver/receiver.py").path
        process.arguments = ["python3", script] + arguments
        process.standardInput = input
        process.standardOutput = output
        let lines = lines
        output.fileHandleForReading.readabilityHandler = { lines.add($0.availableData) }
        try process.run()
        let isUp = await holds(within: 20) { lines.all.first.flatMap(Int.init) != nil }
        try #require(isUp, "the receiver does not start")
        port = lines.all.first.flatMap(Int.init) ?? 0
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    /// Whole lines of what comes in pieces.
    private final class Lines: Sendable {
        private let data = Guarded(Data())

        var all: [String] {
            data.withLock { data in
                data.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
                    .map { String(decoding: $0, as: UTF8.self) }
            }
        }

        func add(_ piece: Data) { data.withLock { $0.append(piece) } }
    }
}
