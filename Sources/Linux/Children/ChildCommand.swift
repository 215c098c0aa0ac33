// SPDX-License-Identifier: Apache-2.0
//
// What a child process is to be: absolute path, fixed arguments, clean environment, no shell. One
// place, since each copy of this had forgotten something: the process group, the environment, or
// that a program's own children hold its pipes open.

internal import Glibc

/// One program with its words.
public struct ChildCommand: Sendable {
    /// What a child gets as its environment unless told otherwise.
    public static let cleanEnvironment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]

    /// The program, an absolute path; `PATH` is never searched.
    public var path: String
    /// Its arguments, without its own name.
    public var arguments: [String]
    /// `NAME=VALUE`; nothing of ours is passed on.
    public var environment = ChildCommand.cleanEnvironment
    /// Where it runs; nil: where we are.
    public var directory: String?
    /// What its standard input is.
    public var input = Input.bytes([])
    /// Where its standard output goes.
    public var output = Output.kept
    /// Where its standard error goes.
    public var messages = Output.kept
    /// Most bytes that are kept of each of the two.
    ///
    /// More is read and thrown away, so that the child does not block. 1 MiB; chosen.
    public var outputLimit = 1 << 20
    /// Between SIGTERM at the deadline and SIGKILL; nil: SIGKILL at once.
    public var grace: Duration?
    /// Whether what is left of its process group when it has ended is killed.
    public var endsLeftovers = false
    /// Asked four times a second: a new end that comes before the deadline, or nil.
    public var hurry: (@Sendable () -> ContinuousClock.Instant?)?

    /// What a child reads.
    public enum Input: Sendable {
        /// These bytes; it may read them twice.
        case bytes([UInt8])
        /// An open file of ours.
        case descriptor(Int32)
    }

    /// Where a child's words go.
    public enum Output: Sendable {
        /// To ``Outcome``, up to ``outputLimit``.
        case kept
        /// To an open file of ours.
        case descriptor(Int32)
    }

    /// `path` with `arguments`.
    public init(_ path: String, _ arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }

    /// The program `name` of the clean `PATH`, nil when there is none that may be run.
    public init?(named name: String, _ arguments: [String] = []) {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        guard let found = folders.first(where: { unsafe access("\($0)/\(name)", X_OK) == 0 })
        else { return nil }
        self.init("\(found)/\(name)", arguments)
    }

    /// Whether the program is there and may be run.
    public var exists: Bool { unsafe access(path, X_OK) == 0 }

    /// How a child ended, and what it said.
    public struct Outcome: Equatable, Sendable {
        /// How it ended.
        public var end: ExitStatus
        /// Whether the deadline, or ``ChildCommand/hurry``, ended it.
        public var isHung = false
        /// Standard output, at most ``ChildCommand/outputLimit`` bytes; empty unless it was kept.
        public var output: [UInt8] = []
        /// Standard error, likewise.
        public var messages: [UInt8] = []
    }
}

/// How a process ended.
public struct ExitStatus: Hashable, Sendable {
    /// As wait(2) tells it.
    public var raw: Int32

    /// A status of wait(2).
    public init(raw: Int32) { self.raw = raw }

    /// The signal that ended it; nil when none did.
    public var signal: Int32? { raw & 0x7F == 0 ? nil : raw & 0x7F }  // WTERMSIG, a C macro

    /// Its exit status; 128 and the number of the signal when one ended it.
    public var code: Int32 { signal.map { 128 + $0 } ?? (raw >> 8) & 0xFF }  // WEXITSTATUS
}
