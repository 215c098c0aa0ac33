// SPDX-License-Identifier: Apache-2.0
//
// The one error of this target. The text follows the pattern "cannot do X on 'Y': why (ERRNO); what
// to do". Callers print it; nothing here logs.

internal import Glibc
public import Linux

/// Why a socket could not be opened, asked or served.
public struct SocketError: Fault {
    /// What kind of failure it is.
    public enum Code: Sendable, Equatable {
        /// Nobody listens: the path is missing or refuses.
        case notRunning
        /// The mode of the socket or of its directory keeps us out.
        case denied
        /// No whole line came in time.
        case timedOut
        /// The other side closed before a whole line had come.
        case cut
        /// A request, an answer or a path is longer than its limit.
        case tooLong
        /// Someone already answers on the path.
        case inUse
        /// Something that is not a socket has the path, or an inherited descriptor is no listener.
        case notASocket
        /// Any other errno.
        case system
    }

    /// What kind of failure it is.
    public var code: Code
    /// What was tried, after "cannot".
    public var operation: String
    /// The socket's path; empty for an inherited descriptor.
    public var path: String
    /// The errno, 0 where there was none.
    public var errno: Int32
    /// What to do, or what happens now; empty when there is nothing to say.
    public var next: String

    /// An error with every field given.
    public init(code: Code, operation: String, path: String, errno: Int32, next: String) {
        self.code = code
        self.operation = operation
        self.path = path
        self.errno = errno
        self.next = next
    }

    /// Why not, in words.
    public var reason: String {
        if errno != 0 { return "\(Errno(errno))" }
        return switch code {
        case .notRunning: "nobody listens"
        case .denied: "permission denied"
        case .timedOut: "no answer in time"
        case .cut: "the connection closed before a whole line had come"
        case .tooLong: "longer than its limit"
        case .inUse: "someone already answers there"
        case .notASocket: "it is not a listening Unix socket"
        case .system: "unknown reason"
        }
    }

    /// The error of a failed connect(2), with advice by errno.
    static func connecting(to path: String, service: String, why: Errno) -> SocketError {
        switch why.number {
        case ENOENT, ECONNREFUSED:
            SocketError(
                code: .notRunning,
                operation: "connect to",
                path: path,
                errno: why.number,
                next: "is \(service) running? systemctl status \(service)"
            )
        case EACCES, EPERM:
            SocketError(
                code: .denied,
                operation: "connect to",
                path: path,
                errno: why.number,
                next: Ownership.advice(path: path)
            )
        case EAGAIN:
            SocketError(
                code: .timedOut,
                operation: "connect to",
                path: path,
                errno: why.number,
                next: "\(service) is busy; try again"
            )
        default:
            SocketError(
                code: .system,
                operation: "connect to",
                path: path,
                errno: why.number,
                next: ""
            )
        }
    }
}

/// Which group lets one in, as far as it can be seen from outside.
enum Ownership {
    static func advice(path: String) -> String {
        for candidate in [path, directory(of: path)] {
            var status = stat()
            guard unsafe stat(candidate, &status) == 0, status.st_gid != 0 else { continue }
            return "become root or join group '\(groupName(status.st_gid))'"
        }
        return "become root"
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func groupName(_ group: gid_t) -> String {
        var record = unsafe Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>? = nil
        var room = [CChar](repeating: 0, count: 16384)
        let outcome = unsafe getgrgid_r(group, &record, &room, room.count, &found)
        guard outcome == 0, unsafe found != nil, let name = unsafe record.gr_name else {
            return "\(group)"
        }
        return unsafe String(cString: name)
    }
}
