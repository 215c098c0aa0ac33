// SPDX-License-Identifier: Apache-2.0
//
// A directory of a test's own, and the seeded randomness of the campaigns.

import Glibc
import Testing

@testable import HaltWire
@testable import MailServers

/// A fresh directory below /tmp, removed with everything in it at the end.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/listbreaker-halt-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        _ = try? Program("/bin/rm", ["-rf", "--", path]).run(deadline: .seconds(20))
    }

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

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
