// SPDX-License-Identifier: Apache-2.0
//
// A folder of a test's own.

import Glibc
import Linux
import Testing

/// A folder that goes with its owner.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/listbreaker-linux-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { _ = try? ChildCommand("/bin/rm", ["-rf", "--", path]).run(within: .seconds(20)) }
}
