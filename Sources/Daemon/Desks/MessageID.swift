// SPDX-License-Identifier: Apache-2.0
//
// The stable ids that operators search for (journalctl MESSAGE_ID=...) and that the catalogue
// explains (journalctl -x). They stand once here and once in systemd/listbreaker.catalog; a test
// holds the two together. Never reuse one.

internal import Breaker

/// One kind of line of ours; made with `systemd-id128 new`.
enum MessageID: String, CaseIterable {
    case started = "206ee7aba01348bf9410a1b1cecabd74"
    case tripped = "5d7dd01d167b42ae96a1cacac91c8c46"
    case softHeld = "dfc86fb1d8da42e193ab3cff3e7fcc82"
    case halted = "6e8880b3150c48f0a52db67ea6a18092"
    case listHeld = "b037165505ca485c860714c2c7797511"
    case serverStopped = "3d90512f76e349c89eee3a1634c11021"
    case full = "55a038de868348daa6283552a2712172"
    case haltFailed = "a4803033be5d43e59e3429e94d973ac9"
    case leaking = "b88de359af104608b42cd74e2c69a1e8"
    case resumed = "33145eb168694e87873e3e611d453aa9"
    case reset = "0637409b8bf041eea18dc668584ef012"
    case doubtful = "21d25ecc44bc46eb8a1e7efd3e81da91"
    case heldOff = "08e6182a362640daaba8da3693981fa7"
    case kind = "00c344e74f3d4e5c90b22bf5386a8965"
    case learned = "4a4f5c0e2f0b4b54a86b9d4a3e1f7c62"
    case resumeFailed = "a52477b8ece6475d9a91ce94c62a3ae5"
    case acknowledged = "e202d48c27c2434e9b506ad20d77b69c"
    case restartedOpen = "a5de3fedd8004ce8b5867a566d60ca50"
    case late = "87335de845e248df9c1678558b6cca14"
    case daemonFailed = "aa640f922ee746afb2da4e61ea8f4c2b"
    case undeliverable = "3b6af43a4e4541f883d5764be5fd3bb9"
    case heartbeatSilent = "40243ada1c8c4a0d8f07032f2f8083db"
    case pageSent = "781fabf5cf5d4e82b25bd00dec057194"
    case pageFailed = "1b796c1380a241f195f1f2c2aa9a0ff8"
    case settingsReloaded = "9fc09777c62d40e29ff836634ea77669"
    case settingsRejected = "928b4de5c19c468fb917fc08e2e04eb4"
    case managerFailed = "f678dc7690894b4ab13efd9302c2b56a"
    case blind = "7378993c40fa4a709a5ad31e88d10372"
    case sighted = "c8b4090f23a947f99ade86939d9e7fae"
    case stateDamaged = "6e632a7d7b774b3b82d74604270936c2"
    case forged = "eba2de06cb8a4aea8fb82ee33688753b"

    /// The id of a note of the engine; nil for those that no catalogue entry explains.
    init?(_ kind: LogNote.Kind) {
        switch kind {
        case .tripped: self = .tripped
        case .softHold: self = .softHeld
        case .halted: self = .halted
        case .listHeld: self = .listHeld
        case .serverStopped: self = .serverStopped
        case .full: self = .full
        case .haltFailed: self = .haltFailed
        case .resumeFailed: self = .resumeFailed
        case .acknowledged: self = .acknowledged
        case .leaking: self = .leaking
        case .resumed: self = .resumed
        case .reset: self = .reset
        case .doubtful: self = .doubtful
        case .heldOff: self = .heldOff
        case .kind: self = .kind
        case .learned: self = .learned
        case .forged: self = .forged
        case .suppressed, .gap: self = .blind
        case .cleared: self = .resumed
        case .sighted: self = .sighted
        case .late: self = .late
        case .restartedOpen: self = .restartedOpen
        case .verified, .closed, .mode, .expected: return nil
        }
    }
}
