// SPDX-License-Identifier: Apache-2.0
//
// One post and everything that the rules need to judge it, gathered once, so that no two rules
// can disagree about its time, its age or the limits that hold.

import EventTime
import ListTraffic

/// A post on its way through the rules.
struct Occasion: Sendable {
    let post: Post
    let identity: ListIdentity
    /// What the operator said about the list.
    let rules: ListRules?
    let limits: Limits
    let settings: DetectionSettings
    /// The time that counts, after clamping.
    let time: Timestamp
    /// Whether the post was old on arrival.
    let isStale: Bool

    /// Whether it is a reply; nil when the log shows no headers.
    var isReply: Bool? { post.hasHeaders ? post.kind.isReply : nil }
}
