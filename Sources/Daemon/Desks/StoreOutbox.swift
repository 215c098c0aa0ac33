// SPDX-License-Identifier: Apache-2.0
//
// Joins two edges that do not know each other: Paging's outbox is kept in Store's table.

internal import Breaker
internal import EventTime
internal import Linux
internal import Paging
internal import Store

/// The outbox in the state file.
struct StoreOutbox: Outbox {
    var store: Store

    func load() throws -> [OutboxRow] {
        try store.pages().map { OutboxRow(key: $0.key, body: $0.body) }
    }

    func apply(save rows: [OutboxRow], remove keys: [String]) throws {
        try store.save(
            pages: rows.map { PageRow(key: $0.key, body: $0.body) },
            removing: keys
        )
    }

    /// The rows of `alerts`, to be saved in the transaction of the trip that they tell of.
    static func rows(for alerts: [Alert], at time: Timestamp) -> [PageRow] {
        alerts.compactMap { alert in
            var alert = alert
            alert.advice = HostStep.text(alert.advice)
            return Pager.row(for: alert, at: time).map { PageRow(key: $0.key, body: $0.body) }
        }
    }
}
