// SPDX-License-Identifier: Apache-2.0
//
// The outbox: pages as rows, before they are tried. What a row says is Paging's business; here
// it is a key and a text. The mistake to avoid: interpreting bodies here, which would tie the
// file's layout to the paging policy.

/// One row of the outbox.
public struct PageRow: Sendable, Equatable {
    /// Unique; a later row of the same key replaces this one.
    public var key: String
    /// JSON, opaque here.
    public var body: String

    /// A row; NUL, which SQLite cannot keep, becomes U+FFFD.
    public init(key: String, body: String) {
        self.key = Codec.storable(key)
        self.body = Codec.storable(body)
    }

    func put(in db: Database) throws {
        try db.execute(
            "INSERT OR REPLACE INTO page VALUES (?, ?, ?)",
            [key, body, Checksum([key, body]).stored]
        )
    }
}

extension Store {
    /// Saves rows and removes others in one transaction that is on the disk when this returns.
    public func save(pages: [PageRow], removing keys: [String] = []) throws(StoreError) {
        try write(.savePages) { db in
            for key in keys {
                try db.execute(
                    "DELETE FROM page WHERE key = ?",
                    [Codec.storable(key)]
                )
            }
            for page in pages { try page.put(in: db) }
        }
    }

    /// All rows, by key.
    public func pages() throws(StoreError) -> [PageRow] {
        try rows(.readPages, .page, "ORDER BY key").map { PageRow(key: $0[0], body: $0[1]) }
    }
}
