// SPDX-License-Identifier: Apache-2.0
//
// A folder of a test's own.

internal import Glibc
internal import Linux

/// A fresh folder below /tmp, 0700, removed with everything in it when its owner goes.
public final class Scratch: Sendable {
    /// Where it is.
    public let path: String

    /// A folder with `name` in its own.
    ///
    /// - Throws: `Errno`.
    public init(_ name: String = "test") throws {
        var template = Array("/tmp/listbreaker-\(name)-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Errno.last }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { _ = try? ChildCommand("/bin/rm", ["-rf", "--", path]).run(within: .seconds(20)) }
}
