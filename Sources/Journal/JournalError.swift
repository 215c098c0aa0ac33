// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with a journal, in words an operator can act on. The daemon logs it once; this
// target never logs.

internal import Glibc

/// A journal that cannot be opened or read.
///
/// Rendered as `cannot OPERATION 'PATH': WHY (ERRNO); NEXT`.
public struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Code: Sendable, Equatable {
        /// The files are there and this user may not read them. Programs exit 77.
        case notReadable
        /// There is no journal file at all.
        case noJournalFiles
        /// sd-journal would not open it for another reason.
        case openFailed
        /// Reading or seeking failed and opening again did not help.
        case readFailed
        /// A match of the configuration is not `FIELD=VALUE`. Programs exit 78.
        case badMatch
        /// The follower was stopped.
        case stopped
    }

    /// What kind of trouble it is.
    public var code: Code
    /// What was attempted, in the infinitive: `read the journal`.
    public var operation: String
    /// On what; empty when it has no path.
    public var path: String
    /// The errno, positive; 0 when there is none.
    public var errno: Int32
    /// What happens now, or what the operator has to do.
    public var next: String

    /// An error with all its parts.
    public init(code: Code, operation: String, path: String, errno: Int32, next: String) {
        self.code = code
        self.operation = operation
        self.path = path
        self.errno = errno
        self.next = next
    }

    /// The sentence for people.
    public var description: String {
        let what = path.isEmpty ? "cannot \(operation)" : "cannot \(operation) '\(path)'"
        return "\(what): \(why); \(next)"
    }

    private var why: String {
        switch code {
        case .noJournalFiles where errno == 0: return "no journal files there"
        case .badMatch: return "not of the form FIELD=VALUE"
        case .stopped: return "reading was stopped"
        default: return Self.words(errno)
        }
    }

    /// `errno` as text with its name, the number where we have no name for it.
    static func words(_ errno: Int32) -> String {
        let text = unsafe String(cString: strerror(errno))
        let name = names[errno] ?? "errno \(errno)"
        return "\(text.prefix(1).lowercased())\(text.dropFirst()) (\(name))"
    }

    /// What opening and reading a journal is known to fail with; sd_journal_open(3).
    private static let names: [Int32: String] = [
        EACCES: "EACCES", EADDRNOTAVAIL: "EADDRNOTAVAIL", EBADMSG: "EBADMSG", EINVAL: "EINVAL",
        EIO: "EIO", ELOOP: "ELOOP", EMFILE: "EMFILE", ENFILE: "ENFILE", ENODATA: "ENODATA",
        ENOENT: "ENOENT", ENOMEM: "ENOMEM", ENOTDIR: "ENOTDIR", EPERM: "EPERM",
        EPROTONOSUPPORT: "EPROTONOSUPPORT", ESTALE: "ESTALE",
    ]
}
