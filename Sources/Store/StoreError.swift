// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with the state file, in the words an operator needs: what was attempted, on
// what, why not, and what happens now. It never carries what was being saved. The mistake to
// avoid: a new code without an answer to "is mail held or flowing after this?" in `next`.

internal import CSQLite
import Glibc
public import Linux

/// The state could not be opened, saved or read.
public struct StoreError: Fault {
    /// Why not, as far as a program cares.
    public enum Code: String, Sendable, Equatable {
        /// The directory does not exist or is not one.
        case missing
        /// A permission is missing, or the file system is read-only.
        case permission
        /// No space left on the device.
        case full
        /// The file is damaged. At ``Store/open(directory:)`` it has been set aside already,
        /// unless this error says that it could not be.
        case damaged
        /// A newer listbreaker wrote it.
        case newer
        /// Another process has it open.
        case busy
        /// What is stored cannot be understood, or what is to be stored cannot be written down.
        case content
        /// Anything else.
        case failed
    }

    /// Why not, as far as a program cares.
    public var code: Code
    /// What was attempted, after "cannot".
    public var operation: String
    /// On which file or directory.
    public var path: String
    /// Why not, in words.
    public var reason: String
    /// What happens now.
    public var next: String

    /// The exit code of a program that cannot go on after this error; sysexits.h.
    public var exitCode: Int32 {
        switch code {
        case .permission: 77
        case .missing, .newer: 78
        case .full, .damaged, .content, .failed: 74
        case .busy: 75
        }
    }
}

/// What is being attempted, with what happens when it fails.
///
/// One place for all of these words.
enum Attempt: Sendable {
    case open, saveBreaker, readBreaker, saveHabits, readHabits, savePages, readPages
    case readIncidents, saveTimeline, saveFleet, readFleet, saveJudge, readJudge

    var operation: String {
        switch self {
        case .open: "open state"
        case .saveBreaker: "save the breaker to"
        case .readBreaker: "read the breaker from"
        case .saveHabits: "save what was learned to"
        case .readHabits: "read what was learned from"
        case .savePages: "save pages to"
        case .readPages: "read pages from"
        case .readIncidents: "read incidents from"
        case .saveTimeline: "note what happened in"
        case .saveFleet: "save what other hosts said to"
        case .readFleet: "read what other hosts said from"
        case .saveJudge: "save what the judge knows to"
        case .readJudge: "read what the judge knew from"
        }
    }

    var next: String {
        switch self {
        case .open: "the daemon ends: nobody watches, and what is halted stays halted"
        case .readBreaker: "the breaker is treated as open until a person decides"
        case .saveBreaker: "the breaker stays as it is in memory, and a trip goes on anyway"
        case .saveHabits:
            "what was saved before stays; a restart reads more of the journal again"
        case .readHabits:
            "no breaker is concerned; the lists are learned anew from the journal"
        case .savePages: "they are sent from memory, and a crash now may lose or repeat them"
        case .readPages: "pages of before are not sent again; an open breaker still reminds"
        case .readIncidents: "the history is not shown"
        case .saveTimeline: "the timeline of the incident has a gap"
        case .saveFleet: "it counts all the same; after a crash now it must be heard again"
        case .readFleet: "what other hosts said is heard anew; what is open stays open"
        case .saveJudge: "it judges on; a restart forgets what hosts told since the last save"
        case .readJudge:
            "it was set aside; the judge begins with what this host knows by itself"
        }
    }

    func error(_ code: StoreError.Code, _ path: String, _ reason: String) -> StoreError {
        StoreError(code: code, operation: operation, path: path, reason: reason, next: next)
    }

    /// The error of a failed system call.
    func error(errno code: Int32, _ path: String, advice: String = "") -> StoreError {
        let kind: StoreError.Code =
            switch code {
            case ENOENT, ENOTDIR: .missing
            case EACCES, EPERM, EROFS: .permission
            case ENOSPC, EDQUOT: .full
            default: .failed
            }
        return error(kind, path, "\(Errno(code))\(advice)")
    }

    /// The error of whatever was thrown; a `StoreError` passes unchanged.
    func error(from error: any Error, _ path: String) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case let error as SQLiteError:
            switch error.code {
            case SQLITE_FULL: return self.error(errno: ENOSPC, path)
            case SQLITE_IOERR where error.isRoomMissing: return self.error(errno: ENOSPC, path)
            case SQLITE_CORRUPT, SQLITE_NOTADB: return self.error(.damaged, path, "\(error)")
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH, SQLITE_CANTOPEN:
                return self.error(.permission, path, "\(error)")
            case SQLITE_BUSY, SQLITE_LOCKED:
                return self.error(.busy, path, "another process has it open (\(error))")
            default: return self.error(.failed, path, "\(error)")
            }
        default: return self.error(.content, path, "\(error)")
        }
    }
}
