// SPDX-License-Identifier: Apache-2.0
//
// The names that `listbreaker parse` prints for lines. They are a contract with scripts: add to
// them, never rename. What the engine acts on is `MailEvent.Kind`, not these.

/// The name of a line's form, as `listbreaker parse` prints it.
public enum LineName: UInt8, Sendable, CaseIterable {
    case other, connect, disconnect, client, pickup, messageID, headerInfo, queueActive
    case delivery, forwarded, bounceNotification, removed, expired, hold, reject, milter
    case warning, statistics

    /// The name in the JSON field `event`.
    public var text: String {
        switch self {
        case .other: "other"
        case .connect: "connect"
        case .disconnect: "disconnect"
        case .client: "client"
        case .pickup: "pickup"
        case .messageID: "message_id"
        case .headerInfo: "header_info"
        case .queueActive: "queue_active"
        case .delivery: "delivery"
        case .forwarded: "forwarded"
        case .bounceNotification: "bounce_notification"
        case .removed: "removed"
        case .expired: "expired"
        case .hold: "hold"
        case .reject: "reject"
        case .milter: "milter"
        case .warning: "warning"
        case .statistics: "statistics"
        }
    }
}
