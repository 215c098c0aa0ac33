// SPDX-License-Identifier: Apache-2.0
//
// A folder for one test of `doctor`, and files with the rights that they need.

import Foundation

func withFolder(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/listbreaker-doctor-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

func write(_ path: String, _ text: String, mode: Int) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}
