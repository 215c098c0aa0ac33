// SPDX-License-Identifier: Apache-2.0
//
// LocalSocket: one request a connection, one line of JSON each way, over a Unix socket.

import CLinux

/// Who is at the other end of a connection, as the kernel says (SO_PEERCRED, SO_PEERGROUPS).
public struct Peer: Sendable, Equatable {
    /// User id.
    public var uid: UInt32
    /// Primary group id.
    public var gid: UInt32
    /// Process id.
    public var pid: Int32
    /// Supplementary groups, at most 64; further ones are left out, which can only refuse.
    public var groups: [UInt32]

    /// A peer with every field given.
    public init(uid: UInt32, gid: UInt32, pid: Int32, groups: [UInt32]) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
    }
}
