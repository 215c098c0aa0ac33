// SPDX-License-Identifier: Apache-2.0
//
// The engine's memory of traffic, for a restart: saved with the journal's cursor in one
// transaction, so that state is always a fold over the journal up to that cursor. The board is
// saved apart and at once: an open breaker must not wait for a snapshot.

public import Breaker
import ListTraffic
import MailLog
import Settings
import StormDetection

/// What a restart needs besides the board.
public struct EngineSnapshot: Sendable, Codable {
    /// Version of this shape.
    ///
    /// Another one is not read: the journal is read again instead.
    public static let version = 1

    var version = Self.version
    var traffic: ListTraffic
    var detector: StormDetector
    var sight: Sight
    /// Lines of Exim whose first part was read; nil in a snapshot of before they were kept.
    var joiner: EximJoiner?
}

extension Engine {
    /// The engine's memory now, as a value that may be encoded elsewhere.
    public var snapshot: EngineSnapshot {
        EngineSnapshot(traffic: traffic, detector: detector, sight: sight, joiner: joiner)
    }

    /// Takes up what an earlier run saved; the settings stay those of this engine.
    public mutating func restore(board: BreakerBoard?, snapshot: EngineSnapshot?) {
        if let board {
            self.board = board
            giveBoardSettings()
        }
        if let snapshot, snapshot.version == EngineSnapshot.version {
            traffic = snapshot.traffic
            detector = snapshot.detector
            sight = snapshot.sight
            joiner = snapshot.joiner ?? EximJoiner()
            traffic.update(settings: settings.traffic)
            detector.update(settings: settings.detection)
        }
        pin()
    }
}
