// SPDX-License-Identifier: Apache-2.0
//
// Senders that are no list, by the hash of their login or address. Programs' senders stand among
// the passing ones and push out each other only. The mistake to avoid: a login that a flood of
// invented envelope senders pushes out.

internal import Archive
internal import MailLog

/// All senders that are remembered.
struct Senders: Sendable {
    private var senders = SlotTable<SenderRecord>()
    /// Senders that are never forgotten.
    private var pinned: Set<UInt64> = []

    /// Takes the limits that `settings` give.
    mutating func setLimits(_ settings: TrafficSettings) {
        senders.setLimits(
            passing: max(settings.maximumSenders, 64) / 4,
            kept: max(settings.maximumSenders, 16)
        )
    }

    /// Number of senders.
    var count: Int { senders.count }

    /// The login or envelope sender of a sender, in lower case; empty when it is forgotten.
    func address(of sender: SenderID) -> String {
        senders.tenant(of: sender.index).flatMap { senders[$0]?.address } ?? ""
    }

    /// Whether the sender is still there.
    @inline(__always)
    func holds(_ sender: Handle<SenderRecord>) -> Bool { senders.holds(sender) }

    /// The sender that `form` names, made when there is none; and who left for it.
    mutating func sender(
        _ key: UInt64,
        _ form: AddressForm,
        _ bytes: [UInt8],
        isLogin: Bool
    ) -> (sender: Handle<SenderRecord>, gone: SenderID?) {
        guard let known = senders.find(key) else { return make(key, form, bytes, isLogin: isLogin) }
        senders.touch(known)
        guard isLogin, senders[known]?.isLogin == false else { return (known, nil) }
        senders[known]?.isLogin = true
        guard senders.lane(known) == .passing else { return (known, nil) }
        return (known, senders.move(known, to: .kept).map { SenderID(index: $0.handle.slot) })
    }

    private mutating func make(
        _ key: UInt64,
        _ form: AddressForm,
        _ bytes: [UInt8],
        isLogin: Bool
    ) -> (Handle<SenderRecord>, SenderID?) {
        let lane = pinned.contains(key) ? Lane.fixed : isLogin ? .kept : .passing
        let (sender, gone) = senders.insert(key, lane: lane)
        senders[sender]?.address = SenderRecord.text(form, bytes)
        senders[sender]?.isLogin = isLogin
        return (sender, gone.map { SenderID(index: $0.handle.slot) })
    }

    /// The key of the sender at `address`; an address that was cut to be shown is looked for.
    func key(at address: String) -> UInt64 {
        let key = AddressForm.hash(of: address)
        if senders.find(key) != nil { return key }
        for lane in [Lane.fixed, .kept, .passing] {
            for sender in senders.members(of: lane) where senders[sender]?.address == address {
                return senders.key(sender) ?? key
            }
        }
        return key
    }

    /// Names the senders that are never forgotten; gives those that left.
    ///
    /// The set replaces the one before.
    mutating func setPinned(_ addresses: Set<String>) -> [SenderID] {
        let keys = Set(addresses.map(key))
        guard keys != pinned else { return [] }
        let before = pinned
        pinned = keys
        for key in keys {
            if let sender = senders.find(key) { _ = senders.move(sender, to: .fixed) }
        }
        var gone: [SenderID] = []
        for key in before.subtracting(keys) {
            guard let sender = senders.find(key) else { continue }
            let lane = senders[sender]?.isLogin == true ? Lane.kept : .passing
            if let out = senders.move(sender, to: lane) {
                gone.append(SenderID(index: out.handle.slot))
            }
        }
        return gone
    }
}

extension Senders {
    /// Writes everything, or reads it in the place of what is here.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        try parts.part(TrafficPart.pinnedSenders) { (stream) throws(ArchiveDamage) in
            try stream.set(&pinned)
        }
        try senders.archive(&parts, TrafficPart.senders)
    }
}
