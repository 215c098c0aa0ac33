// SPDX-License-Identifier: Apache-2.0
//
// The name of a record in a table. A slot number alone names whoever stands there now; with the
// tenant's number it names one record, and nothing once that has left. The mistake to avoid: keeping
// a slot number; slots are reused.

internal import Archive

/// Names one record of a ``SlotTable``, for as long as it is there.
struct Handle<Value>: Equatable, Sendable {
    /// Where it stands; -1 names nothing.
    var slot: Int32
    /// Which tenant of the slot it is.
    var tenant: UInt32

    /// Names nothing.
    static var none: Handle { Handle(slot: -1, tenant: 0) }

    /// Whether it names nothing, and never did.
    var isNone: Bool { slot < 0 }
}

extension Handle: Archived {
    init() { self = .none }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&slot, from: -1)
        try stream.number(&tenant)
    }
}
