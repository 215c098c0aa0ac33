// SPDX-License-Identifier: Apache-2.0
//
// Runs the built program, and a daemon's side for it to speak to.

import Control
import Foundation
import LocalSocket

/// What a run of the program left behind.
struct Outcome {
    var code: Int32
    var output: String
    var errors: String
}

/// Runs the program that was built beside the tests.
func run(_ words: [String], _ environment: [String: String] = [:]) async throws -> Outcome {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return try await run(folder.appending(path: "listbreaker").path, words, environment)
}

/// Runs the program at `path`.
func run(
    _ path: String,
    _ words: [String],
    _ environment: [String: String] = [:]
) async throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = words
    // Times are local ones; what is expected here is UTC.
    process.environment = ["TZ": "UTC"].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // The pool's threads are needed by the server that answers: wait elsewhere.
    return await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            let text = String(
                decoding: output.fileHandleForReading.readDataToEndOfFile(),
                as: UTF8.self
            )
            let complaint = String(
                decoding: errors.fileHandleForReading.readDataToEndOfFile(),
                as: UTF8.self
            )
            process.waitUntilExit()
            continuation.resume(
                returning: Outcome(
                    code: process.terminationStatus,
                    output: text,
                    errors: complaint
                )
            )
        }
    }
}

/// Serves `answer` on a socket of its own while `body` runs.
func withDaemon(
    mayChange: Bool = true,
    _ answer: @escaping ControlServer.Answer,
    _ body: (String) async throws -> Void
) async throws {
    let path = "/tmp/listbreaker-cli-\(UUID().uuidString.prefix(8))"
    let access = ControlAccess(owner: getuid(), ownerMayChange: mayChange)
    let server = try ControlServer(path: path, access: access, answer: answer)
    try server.start()
    defer { server.stop() }
    try await body(path)
}
