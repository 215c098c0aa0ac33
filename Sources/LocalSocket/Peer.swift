// SPDX-License-Identifier: Apache-2.0
//
// Who asks. The kernel recorded these when the connection was made; nothing the client sends can
// change them. A peer whose groups cannot be read has none, which can only refuse.

internal import CLinux
internal import Glibc
internal import Linux

/// Who is at the other end of a connection, as the kernel says (SO_PEERCRED, SO_PEERGROUPS).
public struct Peer: Sendable, Equatable {
    /// User id.
    public var uid: UInt32
    /// Primary group id.
    public var gid: UInt32
    /// Process id.
    public var pid: Int32
    /// Supplementary groups; none when there are more than 1,024, which can only refuse.
    public var groups: [UInt32]

    /// A peer with every field given.
    public init(uid: UInt32, gid: UInt32, pid: Int32, groups: [UInt32]) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
    }

    /// Whether the peer is in `group`, as primary or supplementary group.
    public func isMember(of group: UInt32) -> Bool {
        gid == group || groups.contains(group)
    }

    /// The peer of a connected socket, or the errno that says why it is unknown.
    static func of(descriptor: Int32) -> Result<Peer, Errno> {
        var peer = Peer(uid: .max, gid: .max, pid: 0, groups: [])
        let failure = unsafe clinux_peer_credentials(descriptor, &peer.uid, &peer.gid, &peer.pid)
        guard failure == 0 else { return .failure(Errno(failure)) }
        var count: UInt32 = 64
        var groups = [UInt32](repeating: 0, count: Int(count))
        var outcome = unsafe clinux_peer_groups(descriptor, &groups, &count)
        if outcome == ERANGE, count <= 1024 {
            groups = [UInt32](repeating: 0, count: Int(count))
            outcome = unsafe clinux_peer_groups(descriptor, &groups, &count)
        }
        if outcome == 0 { peer.groups = Array(groups.prefix(Int(count))) }
        return .success(peer)
    }
}
