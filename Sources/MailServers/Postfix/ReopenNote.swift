// SPDX-License-Identifier: Apache-2.0
//
// When the gate was opened last, on disk: mail that Postfix takes in just then is deferred for our
// reason, and would wait for minutes. The note stands before the gate opens, so that whoever comes
// after a kill looks after it as well. One too many does no harm.

internal import Glibc
internal import HaltWire

/// That the outbound services were opened a moment ago.
struct ReopenNote {
    private let path: String

    /// The note in the directory `state`.
    init(state: String) { path = "\(state)/reopened" }

    /// Nanoseconds since 1970, by which openings are told apart.
    static var now: Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// When the gate was opened last, as ``now`` counts; nil when nobody need look after it.
    ///
    /// What cannot be read is none: mail then waits for its next try, as it would anyway.
    var time: Int64? {
        guard let bytes = try? StateFile.read(path) else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline })
    }

    /// Notes that the gate is about to be opened.
    ///
    /// - Throws: ``HaltError`` `file`.
    func write() throws(HaltError) {
        try StateFile.replace(path, with: Array("\(Self.now)\n".utf8))
    }

    /// Forgets it.
    ///
    /// - Throws: ``HaltError`` `file`.
    func clear() throws(HaltError) { try StateFile.remove(path) }
}
