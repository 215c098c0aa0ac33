// SPDX-License-Identifier: Apache-2.0
//
// The numbers that hold for one list at one moment: its own rules where the operator gave some,
// else the general ones, by its size. Worked out anew for each post, so that a list which changes
// its size or its settings is judged by the new ones at once.

import EventTime

/// Every limit of one list, resolved.
struct Limits: Sendable {
    var isAnnounceOnly: Bool?
    var announcePosts: Int64
    var learnedAnnounceAction: LearnedAnnounceAction
    var strangers: StrangerThresholds
    var softHoldStrangers: StrangerThresholds
    var policyPosters: Int64
    var policyReplies: Int64
    var policyCopies: Int64
    var policyWindow: TimeSpan
    var floor: Int64
    /// False trips a year that the sequential test may cause.
    var testBudget: Double
    var newcomerFactor: Double
    /// Nats beyond the threshold that replace one person of the floor; 0: none do.
    var relief: Double
    var margin: Double
    var softHoldMargin: Double
    var postsPerHour: Double
    var copiesPerHour: Double
    var posterPerHour: Double
    var isCeilingExempt: Bool
    var members: Int64?
    /// Posts of a day above the busiest before, for a hold and for a trip; 0: off.
    var burdenHold: Int64
    var burdenTrip: Int64
    var echoHold: Int64
    var echoTrip: Int64
    /// Posts of others that trip a list of few posters, and one of which nothing is known.
    var learnedAnnounceTrip: Int64
    var unknownPosts: Int64

    init(_ settings: DetectionSettings, rules: ListRules?, members: Int64?) {
        isAnnounceOnly = rules?.saidKind.map { $0 == .announce }
        // A count that is remembered only up to a cap must not be waited for beyond it.
        let intrusions = rules?.announcePosts ?? settings.announcePosts
        announcePosts = min(Int64(AnnounceWatch.Newcomer.cap), max(1, intrusions))
        learnedAnnounceAction =
            isAnnounceOnly == false
            ? .off : rules?.learnedAnnounceAction ?? settings.learnedAnnounceAction
        strangers = (rules?.strangers ?? settings.strangers).capped
        softHoldStrangers = (rules?.softHoldStrangers ?? settings.softHoldStrangers).capped
        let repliers = rules?.policyPosters ?? settings.policyPosters.value(members: members)
        policyPosters = min(Int64(PolicyWatch.cap), repliers)
        policyReplies = rules?.policyReplies ?? settings.policyReplies
        policyCopies = rules?.policyCopies ?? settings.policyCopies
        policyWindow = min(.hours(1), max(.seconds(1), settings.policyWindow))
        floor = max(1, rules?.stormTestFloor ?? settings.stormTestFloor.value(members: members))
        let budget = rules?.falseTripsPerListYear ?? settings.falseTripsPerListYear
        testBudget =
            Self.bounded(budget, 1e-6...100) * Self.bounded(settings.stormTestShare, 0.01...1)
        relief = Self.bounded(settings.stormTestRelief, 0...50)
        newcomerFactor = Self.bounded(settings.newcomerFactor, 0...1000)
        margin = Self.bounded(settings.stormTestMargin, 0...50)
        softHoldMargin = Self.bounded(settings.softHoldMargin, 0...50)
        let posts = rules?.postsPerHour ?? settings.postsPerHour.value(members: members)
        postsPerHour = Double(max(1, posts))
        copiesPerHour = Double(max(0, rules?.copiesPerHour ?? settings.copiesPerHour))
        let poster = settings.posterPerHour.value(members: members)
        // An operator who allows his list more allows its posters more.
        posterPerHour = Double(poster > 0 ? max(poster, (rules?.postsPerHour ?? 0) / 2) : 0)
        isCeilingExempt = rules?.isCeilingExempt ?? false
        self.members = members
        burdenHold = settings.burdenHold.value(members: members)
        burdenTrip = settings.burdenTrip.value(members: members)
        echoHold = settings.echoPosts > 0 ? max(3, settings.echoPosts * 8 / 15) : 0
        echoTrip = settings.echoPosts
        learnedAnnounceTrip = settings.learnedAnnounceTrip
        unknownPosts = settings.unknownPosts
    }

    /// `value` within `range`; the range's start when it is not a number.
    private static func bounded(_ value: Double, _ range: ClosedRange<Double>) -> Double {
        value > range.lowerBound ? min(value, range.upperBound) : range.lowerBound
    }

    /// Fewest people of the test where another rule is in doubt as well: as many as the hold wants.
    static let confirmedFloor: Int64 = 3

    /// People more or fewer that evidence and haste can make of the floor; chosen.
    private static let play: Int64 = 3

    /// The floor where the evidence exceeds the threshold by `excess` nats: up to three people
    /// fewer, and five always.
    ///
    /// Three more when it is too `early` for people to have read and answered, and nothing proves
    /// that their posts are fresh: a queue that is flushed is as fast.
    func floor(excess: Double, early isEarly: Bool) -> Int64 {
        guard !isEarly else { return floor + Self.play }
        guard relief > 0, excess > 0 else { return floor }
        return max(min(floor, 5), floor - Int64(min(Double(Self.play), excess / relief)))
    }

    /// Natural logarithm of the test's threshold on a list of so many arrivals a year.
    func threshold(arrivalsPerYear: Double) -> Double {
        logarithm(arrivalsPerYear / testBudget) + margin
    }
}
