// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with a journal, in words an operator can act on. The daemon logs it once; this
// target never logs.

public import Linux

/// A journal that cannot be opened or read.
///
/// Rendered as `cannot OPERATION 'PATH': WHY (ERRNO); NEXT`.
public struct JournalError: Fault {
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

    /// Why not, in words.
    public var reason: String {
        switch code {
        case .noJournalFiles where errno == 0: return "no journal files there"
        case .badMatch: return "not of the form FIELD=VALUE"
        case .stopped: return "reading was stopped"
        default: return "\(Errno(errno))"
        }
    }
}
