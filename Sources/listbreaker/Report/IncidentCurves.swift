// SPDX-License-Identifier: Apache-2.0
//
// What went on behind the trip, until the reset or until the report was asked for: curves of posts, of copies
// announced and of copies that left, and their sums. The mistake to avoid: to count what came before the trip
// twice; the posts that are remembered end there, and the course begins there.

internal import Breaker
internal import EventTime
internal import Reports
internal import StormDetection
internal import Words

extension IncidentAccount {
    /// The sums of the course; nil: none is known, as of an incident of the whole queue.
    struct Sums {
        var posts: Int64 = 0
        var announced: Int64 = 0
        /// Nil of a sender that is no list: what left is not told from what was tried.
        var sent: Int64?
    }

    /// What came behind the trip; nil: not known.
    var sums: Sums? {
        guard let course = incident.course else { return nil }
        func sum(_ counts: [Int64]) -> Int64 { counts.reduce(0) { $0.adding($1) } }
        return Sums(
            posts: sum(course.posts),
            announced: sum(course.copiesAnnounced),
            sent: incident.scope.sender == nil ? sum(course.copiesSent) : nil
        )
    }

    /// `until the reset`, or until when the report was asked for.
    var untilWhen: String {
        if incident.reset != nil { return "until the reset" }
        return asked.map { "until \(StateWords.time($0))" } ?? "until now"
    }

    /// Copies that had been announced and had not left at the end; nil where mail was not halted.
    ///
    /// Copies that the mail server gave up, or could not deliver yet, are among them.
    var keptBack: Int64? {
        guard !isObserved, let sums, let sent = sums.sent,
            let announced = figure("copies_announced"), let before = figure("copies_sent")
        else { return nil }
        let left = before.adding(sent)
        return max(0, announced.adding(sums.announced) - left)
    }

    /// The sums, for the table of facts.
    var courseFacts: [(String, String)] {
        guard let sums else { return [] }
        let word = incident.scope.sender == nil ? "Posts" : "Messages"
        var facts = [
            ("\(word), from \(theTrip) \(untilWhen)", sums.posts.grouped),
            ("Copies announced, from \(theTrip) \(untilWhen)", sums.announced.grouped),
        ]
        if let sent = sums.sent {
            facts.append(("Copies that left, from \(theTrip) \(untilWhen)", sent.grouped))
        }
        if let kept = keptBack {
            facts.append(("Copies announced and kept back, \(untilWhen)", kept.grouped))
        }
        return facts
    }

    /// What happened from the trip on, in a sentence; nil where nothing did.
    var courseSentence: String? {
        guard let sums, sums.posts > 0 || sums.announced > 0 || sums.sent ?? 0 > 0 else {
            return nil
        }
        let left = sums.sent.map { "; \($0.counting("copy", "copies")) left in that time" } ?? ""
        let what = incident.scope.sender == nil ? "further post" : "further message"
        return "From \(theTrip) \(untilWhen) there came \(sums.posts.counting(what)) with "
            + "\(sums.announced.counting("copy", "copies"))\(left)."
    }

    /// Posts, copies announced and copies that left, each over the same time; those with two points.
    var curves: [Document.Curve] {
        let start = incident.course.flatMap { Timestamp(rfc3339: $0.start) }
        let before = explained.posts
            .compactMap { post in Timestamp(rfc3339: post.time).map { ($0, post.copies) } }
            .filter { post in start.map { post.0 <= $0 } ?? true }
            .sorted { $0.0 < $1.0 }
        let first = before.first?.0
        let isList = incident.scope.sender == nil
        let kinds: [(String, Int64?, KeyPath<CourseStatus, [Int64]>)] = [
            (isList ? "Posts" : "Messages", 1, \.posts),
            ("Copies announced", nil, \.copiesAnnounced),
        ]
        var curves = kinds.compactMap { title, weight, path in
            var points: [(time: Timestamp, height: Int64)] = []
            for (time, copies) in before {
                points.append((time, (points.last?.height ?? 0).adding(weight ?? copies)))
            }
            points += behind(path, from: points.last?.height ?? 0)
            return curve("\(title), from the first that is remembered \(untilWhen)", points)
        }
        if isList, let start, sums?.sent ?? 0 > 0 {
            let points = [(time: start, height: Int64(0))] + behind(\.copiesSent, from: 0)
            if var left = curve("Copies that left, from \(theTrip) \(untilWhen)", points) {
                left.begin = first
                curves.append(left)
            }
        }
        return curves
    }

    private func curve(
        _ title: String,
        _ points: [(time: Timestamp, height: Int64)]
    ) -> Document.Curve? {
        guard points.count > 1 else { return nil }
        return Document.Curve(title: title, points: points, marks: marks)
    }

    /// The steps of the course, each at its end, on top of `height`.
    private func behind(
        _ path: KeyPath<CourseStatus, [Int64]>,
        from height: Int64
    ) -> [(time: Timestamp, height: Int64)] {
        guard let course = incident.course, let start = Timestamp(rfc3339: course.start) else {
            return []
        }
        let end = end
        var sum = height
        return course[keyPath: path].enumerated().map { step, count in
            sum = sum.adding(count)
            let time = start + .seconds(Int64(step + 1) * max(1, course.stepSeconds))
            return (end.map { min(time, $0) } ?? time, sum)
        }
    }

    /// The reset, or when the report was asked for.
    private var end: Timestamp? { (incident.reset ?? asked).flatMap(Timestamp.init(rfc3339:)) }

    private var marks: [Document.Curve.Mark] {
        var marks: [Document.Curve.Mark] = []
        func add(_ text: String?, _ word: String, _ tone: Document.Curve.Tone) {
            guard let time = text.flatMap(Timestamp.init(rfc3339:)) else { return }
            marks.append(.init(time: time, word: word, tone: tone))
        }
        add(incident.opened, "trip", .trip)
        let opened = Timestamp(rfc3339: incident.opened) ?? .distantPast
        let verified = (incident.timeline ?? []).first {
            $0.event == "verified" && Timestamp(rfc3339: $0.time).map { $0 >= opened } ?? false
        }
        add(verified?.time, "mail stands still", .hold)
        add(incident.reset, "reset", .reset)
        if incident.reset == nil { add(asked, "now", .now) }
        return marks
    }
}
