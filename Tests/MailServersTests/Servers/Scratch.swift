// SPDX-License-Identifier: Apache-2.0
//
// Files in a directory of a test's own.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

extension Scratch {
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
        let descriptor = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(StateFile.write(descriptor, Array(text.utf8)))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try #require(try StateFile.read("\(path)/\(name)")), as: UTF8.self)
    }
}
