// SPDX-License-Identifier: Apache-2.0
//
// Who an entry comes from, as far as it does not hang on the entry itself: a busy host's million lines
// come of a dozen programs, and what journald says of each is the same every time. So it is worked out
// once a batch and program. The mistake to avoid: to keep it longer than the batch, whose ranges of
// bytes stand for the names here, or than the settings.

/// Who an entry claims to come from, and what its fields but the text and the process say to that.
struct Source {
    var claim = TrustSettings.Claim()
    /// Whether it is Postfix's under a name that no setting knows, proven by its other fields.
    var isProven = false
    /// The verdict on name, road and user.
    var road = Trust.genuine
    /// Whether the text does not matter to ``road``: a name that nobody knows.
    var isUnknown = false
    /// Whether there is a user, so that process ids and ``program`` count.
    var hasUser = false
    /// The verdict on executable and unit.
    var program = Trust.genuine
}

/// The sources of the last entries of one batch, read under one ``TrustSettings``.
///
/// With it a line is believed in 420 instructions, the look for control bytes included, and 1,270 without;
/// measured.
public struct SourceMemo {
    private struct Slot {
        var identifier = ByteRange.absent
        var executable = ByteRange.absent
        var unit = ByteRange.absent
        var uid: UInt32?
        var transport = Transport.absent
        var isTaken = false
        var source = Source()
    }

    /// A power of two; chosen, Postfix has ten programs, and two that share a place only take turns.
    private static let size = 16
    private var slots = InlineArray<16, Slot>(repeating: Slot())

    /// Nothing known yet; make a new one for each batch, and when other settings hold.
    public init() {}

    /// The source of `entry`.
    @inline(__always)
    mutating func source(
        of entry: LogEntry,
        in bytes: [UInt8],
        _ settings: TrustSettings
    ) -> Source {
        let mixed = entry.identifier.start ^ (entry.executable.start &* 5) ^ (entry.unit.start &* 3)
        let place = Int((mixed &* 0x9e37_79b9) >> 28) & (Self.size - 1)
        if slots[place].isTaken, slots[place].identifier == entry.identifier,
            slots[place].executable == entry.executable, slots[place].unit == entry.unit,
            slots[place].uid == entry.uid, slots[place].transport == entry.transport
        {
            return slots[place].source
        }
        let source = settings.source(of: entry, as: nil, in: bytes)
        slots[place] = Slot(
            identifier: entry.identifier,
            executable: entry.executable,
            unit: entry.unit,
            uid: entry.uid,
            transport: entry.transport,
            isTaken: true,
            source: source
        )
        return source
    }
}
