// SPDX-License-Identifier: Apache-2.0
//
// The text of a scenario's file.

import Glibc

enum ScenarioText {
    /// Longer than any scenario is.
    private static let longest = 1 << 20

    /// The text of the file at `path`; nil when it cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var room = [UInt8](repeating: 0, count: longest)
        let count = unsafe fread(&room, 1, room.count, file)
        return String(decoding: room[..<count], as: UTF8.self)
    }
}
