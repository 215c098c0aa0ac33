// SPDX-License-Identifier: Apache-2.0
//
// How a point in time is saved.

public import Archive

extension Timestamp: Archived {
    /// The epoch, to read into.
    public init() {
        self.init(microseconds: 0)
    }

    /// One number, the microseconds.
    public mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.signed(&microseconds)
    }
}
