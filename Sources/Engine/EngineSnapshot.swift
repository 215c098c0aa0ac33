// SPDX-License-Identifier: Apache-2.0
//
// The engine's memory of traffic, for a restart: saved with the journal's cursor in one
// transaction, so that state is always a fold over the journal up to that cursor. The board is
// saved apart and at once: an open breaker must not wait for a snapshot.

public import Archive
public import Breaker
import ListTraffic
import MailLog
import Settings
import StormDetection

/// What a restart needs besides the board.
public struct EngineSnapshot: Sendable {
    /// Version of this shape.
    ///
    /// Another one is not read: the journal is read again instead.
    static let version = 4

    var traffic: ListTraffic
    var detector: StormDetector
    var sight: Sight
    var joiner: EximJoiner
}

extension EngineSnapshot {
    /// The kind of the engine's own part; those of its parts are their own.
    private static let frame: Int32 = 0

    /// Reads what ``write(to:)`` wrote.
    ///
    /// - Throws: `ArchiveDamage` when a part is missing, damaged or of another version, and what
    ///   the keeper of the parts throws.
    public init(from parts: inout ArchiveParts) throws {
        traffic = ListTraffic(settings: TrafficSettings())
        detector = StormDetector(settings: DetectionSettings())
        sight = Sight()
        joiner = EximJoiner()
        try archive(&parts)
    }

    /// Writes everything, a few lists a part; of the whole there is never a second copy.
    public func write(to parts: inout ArchiveParts) throws {
        var copy = self
        try copy.archive(&parts)
    }

    private mutating func archive(_ parts: inout ArchiveParts) throws {
        try parts.part(Self.frame) { (stream) throws(ArchiveDamage) in
            var version = Self.version
            try stream.number(&version)
            try stream.check(version == Self.version, "it is of version \(version)")
            try stream.value(&sight)
            try stream.value(&joiner)
        }
        try traffic.archive(&parts)
        try detector.archive(&parts)
    }
}

extension Engine {
    /// The engine's memory now, as a value that may be written down elsewhere.
    public var snapshot: EngineSnapshot {
        EngineSnapshot(traffic: traffic, detector: detector, sight: sight, joiner: joiner)
    }

    /// Takes up what an earlier run saved; the settings stay those of this engine.
    public mutating func restore(board: BreakerBoard?, snapshot: EngineSnapshot?) {
        if let board {
            self.board = board
            giveBoardSettings()
        }
        if let snapshot {
            let keepsFacts = traffic.keepsFacts
            traffic = snapshot.traffic
            traffic.keepsFacts = keepsFacts
            detector = snapshot.detector
            sight = snapshot.sight
            joiner = snapshot.joiner
            traffic.update(settings: settings.traffic)
        }
        giveDetectionSettings()
        pin()
    }
}
