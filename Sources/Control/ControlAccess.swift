// SPDX-License-Identifier: Apache-2.0
//
// Who may ask for what. Decided by the kernel's word about the peer and nothing that the peer says.
// A group that does not exist lets nobody in.

internal import Glibc
public import LocalSocket

/// The rights on the control socket.
public struct ControlAccess: Sendable, Equatable {
    /// May read.
    public static let readers = "listbreaker"
    /// May read and change.
    public static let administrators = "listbreaker-admin"
    /// May acknowledge, and nothing else: the account of what brings acknowledgements from a telephone.
    public static let acknowledgers = "_listbreaker-ack"

    private var readerGroup: UInt32?
    private var administratorGroup: UInt32?
    private var acknowledgerGroup: UInt32?
    private var owner: UInt32
    private var ownerMayChange: Bool

    /// The rights by the groups of this host.
    ///
    /// `owner` is the daemon's own uid. `ownerMayChange` is for a daemon that somebody runs by hand
    /// without installing it: whoever may kill it may as well command it.
    public init(owner: UInt32, ownerMayChange: Bool = false) {
        self.init(
            owner: owner,
            ownerMayChange: ownerMayChange,
            readerGroup: Self.groupID(of: Self.readers),
            administratorGroup: Self.groupID(of: Self.administrators),
            acknowledgerGroup: Self.groupID(of: Self.acknowledgers)
        )
    }

    /// The rights with the groups given; nil: there is no such group.
    init(
        owner: UInt32,
        ownerMayChange: Bool,
        readerGroup: UInt32?,
        administratorGroup: UInt32?,
        acknowledgerGroup: UInt32? = nil
    ) {
        self.acknowledgerGroup = acknowledgerGroup
        self.owner = owner
        self.ownerMayChange = ownerMayChange
        self.readerGroup = readerGroup
        self.administratorGroup = administratorGroup
    }

    /// Why `peer` may not have `verb`, in words that name the group; nil when it may.
    public func refusal(of verb: ControlRequest.Verb, to peer: Peer) -> String? {
        if peer.uid == 0 || administratorGroup.map(peer.isMember(of:)) == true { return nil }
        if verb == .acknowledge, acknowledgerGroup.map(peer.isMember(of:)) == true { return nil }
        if verb.isChange {
            if ownerMayChange && peer.uid == owner { return nil }
            return "uid \(peer.uid) may not \(verb.rawValue): become root or join group "
                + "'\(Self.administrators)'"
        }
        if peer.uid == owner || readerGroup.map(peer.isMember(of:)) == true { return nil }
        return "uid \(peer.uid) may not read \(verb.rawValue): become root or join group "
            + "'\(Self.readers)'"
    }

    /// The number of the group called `name`; nil when there is none.
    static func groupID(of name: String) -> UInt32? {
        var entry = unsafe group()
        var found: UnsafeMutablePointer<group>?
        // 64 KiB hold a group with some thousand members; a larger one is treated as missing,
        // which can only refuse.
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 65536) { room in
            guard
                unsafe getgrnam_r(name, &entry, room.baseAddress, room.count, &found) == 0,
                unsafe found != nil
            else { return nil }
            return unsafe entry.gr_gid
        }
    }
}
