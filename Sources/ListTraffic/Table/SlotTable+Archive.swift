// SPDX-License-Identifier: Apache-2.0
//
// How a table is saved: its order in one part, its records 32 a part, each in its slot. The mistake
// to avoid: changing a record in order to write it; its neighbours would be copied with it.

internal import Archive

extension SlotTable where Value: Archived {
    /// Writes every record with its slot, lane and place in the lane, or reads them in the place
    /// of what is here; the limits the caller sets afterwards.
    ///
    /// `kind` and the one after it are the table's.
    mutating func archive(_ parts: inout ArchiveParts, _ kind: Int32) throws {
        var (tenants, free) = (tenants, free)
        var lanes = Lane.allCases.map { lane in members(of: lane).map(\.slot) }
        try parts.part(kind) { (stream) throws(ArchiveDamage) in
            try stream.numbers(&tenants)
            try stream.numbers(&free)
            for lane in lanes.indices { try stream.numbers(&lanes[lane]) }
        }
        if parts.isReading { self = try SlotTable(tenants: tenants, free: free, members: lanes) }
        try parts.blocks(kind + 1, count: tenants.count, together: Self.together) {
            (place, stream) throws(ArchiveDamage) in
            guard let handle = tenant(of: Int32(place)), var key = self.key(handle),
                var value = self[handle]
            else { return }
            try stream.hash(&key)
            try stream.value(&value)
            if stream.isReading { try restore(handle, key, value) }
        }
    }
}
