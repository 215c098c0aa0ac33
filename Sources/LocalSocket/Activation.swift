// SPDX-License-Identifier: Apache-2.0
//
// The descriptor that systemd passed, sd_listen_fds(3) without the library: the actuator links
// nothing of systemd. A passed socket belongs to systemd; it is never unlinked.

internal import Glibc

/// Socket activation.
public enum Activation {
    /// The listening socket that systemd passed to this process; nil when it passed none.
    ///
    /// - Throws: ``SocketError`` with `notASocket` when there is not exactly one, or it is not a
    ///   listening Unix stream socket: the unit is wrong, and guessing would serve the wrong door.
    public static func descriptor() throws(SocketError) -> Int32? {
        guard variable("LISTEN_PID") == getpid(), let count = variable("LISTEN_FDS"), count > 0
        else { return nil }
        let first: Int32 = 3  // SD_LISTEN_FDS_START
        guard count == 1, isListener(first) else {
            throw SocketError(
                code: .notASocket,
                operation: "use the socket passed by systemd",
                path: "",
                errno: 0,
                next: "the unit must pass exactly one ListenStream= socket"
            )
        }
        _ = fcntl(first, F_SETFD, FD_CLOEXEC)
        return first
    }

    /// Whether `descriptor` is a Unix stream socket in the listening state.
    static func isListener(_ descriptor: Int32) -> Bool {
        option(descriptor, SO_DOMAIN) == AF_UNIX
            && option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
            && option(descriptor, SO_ACCEPTCONN) == 1
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        let outcome = unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length)
        return outcome == 0 ? value : nil
    }

    private static func variable(_ name: String) -> Int32? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe Int32(String(cString: value))
    }
}
