// SPDX-License-Identifier: Apache-2.0
//
// A scenario being played: lines one by one, or export text in chunks. Sequential and deterministic;
// two simulations of one scenario give the same bytes.

internal import EventTime

/// One run of a scenario.
public struct Simulation: Sendable {
    /// What is played.
    public let scenario: Scenario
    /// The plan, in time order: the truth that a verdict is judged by.
    public let posts: [SimulatedPost]
    private var hosts: HostChoir
    private var form: ExportForm
    private var written = 0

    /// Plans `scenario`; the log is made by ``nextLine()`` or ``next(into:)``.
    public init(_ scenario: Scenario) {
        self.scenario = scenario
        posts = PostPlan.posts(of: scenario)
        hosts = HostChoir(scenario, posts: posts)
        form = ExportForm(scenario)
    }

    /// Plays `posts`, which are in time order, on the host and lists of `scenario`.
    ///
    /// Its streams of traffic are not planned.
    public init(_ scenario: Scenario, posts: [SimulatedPost]) {
        self.scenario = scenario
        self.posts = posts
        hosts = HostChoir(scenario, posts: posts)
        form = ExportForm(scenario)
    }

    /// Plans `scenario` and writes few copies of each post, those of the people who post next among
    /// them, and at most ``RecordedTraffic/messagesPerPost`` messages of copies a post.
    ///
    /// What is announced is true, so that a judge sees what he would see in the whole log. With VERP
    /// every copy is a message of its own, and nothing can stand for many: then all are written. So are
    /// those of the first post to a list whose members have their mailboxes here.
    public init(abbreviating scenario: Scenario) {
        var scenario = scenario
        if !scenario.lists.contains(where: { $0.shape == .mailmanVerp }) {
            scenario.copyLines = RecordedTraffic.copyLines
            scenario.messagesPerPost = RecordedTraffic.messagesPerPost
        }
        let posts = PostPlan.posts(of: scenario)
        self.init(
            scenario,
            posts: RecordedTraffic.withReaders(posts, lists: scenario.lists.count)
        )
    }

    /// The next line of the log; nil at the end of the scenario's time or entries.
    public mutating func nextLine() -> LogLine? {
        guard written < scenario.entryLimit, let time = hosts.nextTime,
            time < scenario.start + scenario.duration, let line = hosts.next()
        else { return nil }
        written += 1
        return line
    }

    /// Appends about 64 KiB of entries in journald's export form to `bytes`; false when there are
    /// no more.
    public mutating func next(into bytes: inout [UInt8]) -> Bool {
        let full = bytes.count + 65536
        while bytes.count < full {
            guard let line = nextLine() else { return bytes.count > full - 65536 }
            form.append(line, to: &bytes)
        }
        return true
    }
}
