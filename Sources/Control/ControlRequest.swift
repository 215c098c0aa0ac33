// SPDX-License-Identifier: Apache-2.0
//
// What the command line asks. A field that a verb does not use is nil; what a verb needs is checked
// here once, for the server, so that the daemon never meets a `trip` without a scope.

public import Breaker
public import EventTime
public import StormDetection

/// One request, one line of JSON.
public struct ControlRequest: Sendable, Codable, Equatable {
    /// What is asked for.
    public enum Verb: String, Sendable, Codable, CaseIterable {
        /// The status report as the body; ``ControlRequest/list`` may narrow it.
        case status
        /// The fleet as this host sees it, as the body.
        case fleet
        /// Why a list or an incident counted or tripped.
        case explain
        /// The lists on which a storm would cost most, as the body.
        case audit
        /// The history of incidents, or of one.
        case incidents
        /// Metrics as the message; ``ControlRequest/isOpenMetrics`` says in which form.
        case metrics
        /// The daemon's version.
        case version
        /// Open a breaker by hand.
        case trip
        /// Let mail flow again.
        case reset
        /// Say that a page was seen.
        case acknowledge
        /// Really halt from now on.
        case arm
        /// Touch no queue from now on.
        case observe
        /// Send a trial page.
        case page
        /// Announce a planned mailing.
        case expect
        /// Let doubtful verdicts about a list pass for a while.
        case holdOff = "hold-off"
        /// Say what a list is for.
        case kind
        /// Take what old logs taught, which lies beside the daemon's state.
        case learn
        /// Held mail by post as the body; ``ControlRequest/list`` may narrow it.
        case held
        /// Give held mail back: of a list, of the queue, or one post.
        case releaseHeld = "held-release"
        /// Save held mail of a list, or one post, and delete it.
        case discardHeld = "held-discard"
        /// Send a discarded post again.
        case restoreHeld = "held-restore"

        /// Whether it changes something, and so needs more rights.
        public var isChange: Bool {
            switch self {
            case .status, .fleet, .explain, .audit, .incidents, .metrics, .version, .held: false
            case .trip, .reset, .acknowledge, .arm, .observe, .page, .expect, .holdOff, .kind,
                .learn, .releaseHeld,
                .discardHeld, .restoreHeld:
                true
            }
        }
    }

    /// Longest ``reason`` in bytes.
    public static let longestReason = 1024
    /// Longest ``list`` in bytes; RFC 5321 section 4.5.3.1.3.
    public static let longestAddress = 254
    /// Longest ``target`` in bytes.
    public static let longestTarget = 64
    /// Longest ``post`` in bytes; RFC 5322 section 2.1.1.
    public static let longestPost = 998

    /// What is asked for.
    public var verb: Verb
    /// The list's posting address.
    public var list: String?
    /// Whether the outbound queue is meant.
    public var isQueue = false
    /// Incident number.
    public var incident: Int64?
    /// A person's words.
    public var reason: String?
    /// What becomes of held mail at a reset.
    public var held: HeldChoice?
    /// One alert target; nil: all.
    public var target: String?
    /// Copies that a planned mailing may announce.
    public var copies: Int64?
    /// End of a planned mailing.
    public var until: Timestamp?
    /// How long a hold-off lasts; 0 ends it.
    public var seconds: Int64?
    /// What a list is for.
    public var kind: KindWord?
    /// A post, by Message-ID or by a queue ID of it.
    public var post: String?
    /// Copies a minute at which held mail goes out; nil: as the settings say.
    public var rate: Int64?
    /// Whether a name that nobody knows is meant as it stands; nil: no.
    public var isNew: Bool?
    /// For `held`: whether saved mail is meant, of ``post`` or all, and not what is on hold; nil: no.
    public var isSaved: Bool?
    /// Whose login it is, as the asking program reads it of itself; believed of root alone, who is behind
    /// sudo(8) mostly.
    public var login: UInt32?
    /// Most lists that a status report names, 0: none; nil: as many as the daemon will.
    ///
    /// Of `fleet`, how many of the latest trips of all hosts it names; nil: none.
    public var limit: Int?

    /// Whether metrics are wanted as OpenMetrics and not as Prometheus' own text; nil: no.
    public var isOpenMetrics: Bool?

    /// The status without its lists: asked for often, it costs the daemon next to nothing.
    public static var briefStatus: ControlRequest {
        var request = ControlRequest(.status)
        request.limit = 0
        return request
    }

    /// A request for `verb` with every other field absent.
    public init(_ verb: Verb) {
        self.verb = verb
    }

    /// Why this request makes no sense, in words; nil when it does.
    public var problem: String? {
        if let list, list.isEmpty || list.utf8.count > Self.longestAddress {
            return "an address has 1 to \(Self.longestAddress) bytes"
        }
        if let reason, reason.utf8.count > Self.longestReason {
            return "a reason has at most \(Self.longestReason) bytes"
        }
        if let target, target.isEmpty || target.utf8.count > Self.longestTarget {
            return "a target's name has 1 to \(Self.longestTarget) bytes"
        }
        if let post, post.isEmpty || post.utf8.count > Self.longestPost {
            return "a post's name has 1 to \(Self.longestPost) bytes"
        }
        if let rate, rate < 0 { return "a rate is not negative" }
        if let limit, limit < 0 { return "a limit is not negative" }
        switch verb {
        case .releaseHeld, .discardHeld:
            let names = (list != nil ? 1 : 0) + (isQueue ? 1 : 0) + (post != nil ? 1 : 0)
            guard names == 1 else { return "name a list, a post, or say --queue" }
            return verb == .discardHeld && isQueue
                ? "the whole queue's mail is not discarded; name a list or a post" : nil
        case .restoreHeld: return post == nil ? "name the post" : nil
        case .trip, .reset:
            if (list != nil) == isQueue { return "name a list, or say --queue" }
            // Blanks say nothing to whoever reads the incident.
            let says = (reason ?? "").contains { !$0.isWhitespace }
            return says ? nil : "a \(verb.rawValue) needs a reason"
        case .acknowledge, .explain:
            return (list != nil) == (incident != nil) ? "name a list or an incident" : nil
        case .expect:
            guard list != nil, let copies, copies > 0, until != nil else {
                return "a planned mailing needs a list, its copies and its end"
            }
            return nil
        case .holdOff:
            guard list != nil, let seconds, (0...86_400).contains(seconds) else {
                return "a hold-off needs a list and a span of a day at most"
            }
            return nil
        case .kind: return list == nil || kind == nil ? "name a list and its kind" : nil
        case .status, .fleet, .audit, .incidents, .metrics, .version, .arm, .observe, .page, .learn,
            .held:
            return nil
        }
    }
}
