// SPDX-License-Identifier: Apache-2.0
//
// Replay over lines as Postfix writes them: whom it believes, when it takes a breaker as reset, and
// that it does not matter how the journal is cut into batches.

import Engine
import EventTime
import FoundationEssentials
import Hindsight
import MailLog
import Settings
import StormDetection
import Testing

@testable import listbreaker

let storyList = "customers@lists.example.org"

/// One storm and, three days later, another: announcements by one poster, then strangers.
struct Story {
    var lines: [(time: Timestamp, program: String, message: String)] = []
    private var now = Timestamp(seconds: 1_780_000_000)
    private var serial = 0

    init() {
        // In its first fortnight nobody is known on a list, and strangers say less.
        for _ in 0..<4 {
            post("news@lists.example.org")
            now = now + .days(5)
        }
        strangers(12, "customer")
        now = now + .days(3)
        strangers(12, "late")
    }

    private mutating func strangers(_ count: Int, _ name: String) {
        for number in 0..<count {
            now = now + .minutes(4)
            post("\(name)\(number)@example.net")
        }
    }

    private mutating func post(_ sender: String) {
        serial += 1
        let (parent, child) = ("4A\(100_000 + serial)", "4B\(100_000 + serial)")
        let message = "<\(serial).story@example.net>"
        let owner = storyList.replacing("customers", with: "owner-customers")
        add("smtpd", "\(parent): client=mx.example.net[192.0.2.25]")
        add("cleanup", "\(parent): message-id=\(message)")
        add("qmgr", "\(parent): from=<\(sender)>, size=2381, nrcpt=1 (queue active)")
        add("cleanup", "\(child): message-id=\(message)")
        add("qmgr", "\(child): from=<\(owner)>, size=2520, nrcpt=12000 (queue active)")
        add(
            "local",
            "\(parent): to=<\(storyList)>, relay=local, delay=0.4, delays=0.1/0/0/0.3, "
                + "dsn=2.0.0, status=sent (forwarded as \(child))"
        )
        add("qmgr", "\(parent): removed")
        for copy in 0..<20 {
            now = now + .seconds(1)
            add(
                "smtp",
                "\(child): to=<customer\(copy)@example.net>, relay=mx.example.net[192.0.2.25]:25, "
                    + "delay=1.2, delays=0.1/0.1/0.2/0.8, dsn=2.0.0, status=sent (250 Ok)"
            )
        }
    }

    private mutating func add(_ program: String, _ message: String) {
        lines.append((now, program, message))
    }

    /// The lines in journald's export format, as systemd-journal-remote(8) reads it.
    var export: String {
        lines.map { time, program, message in
            """
            __REALTIME_TIMESTAMP=\(time.microseconds)
            __MONOTONIC_TIMESTAMP=\(time.microseconds - lines[0].time.microseconds)
            _BOOT_ID=6e0a2f4b8c1d4e5f9a7b3c2d1e0f4a5b
            _MACHINE_ID=2b1c7d3e4f5a4b6c8d9e0f1a2b3c4d5e
            _TRANSPORT=syslog
            _UID=4711
            _EXE=/usr/lib/postfix/sbin/\(program)
            SYSLOG_FACILITY=2
            SYSLOG_IDENTIFIER=postfix/\(program)
            MESSAGE=\(message)


            """
        }.joined()
    }

    /// The lines from `range`, as journald would give them.
    func batch(_ range: Range<Int>, uid: UInt32?, executable: Bool) -> EntryBatch {
        var batch = EntryBatch()
        for (time, program, message) in lines[range] {
            var entry = LogEntry(time: time)
            entry.identifier = batch.append("postfix/\(program)".utf8)
            entry.message = batch.append(message.utf8)
            entry.uid = uid
            entry.transport = uid == nil ? .absent : .syslog
            if executable {
                entry.executable = batch.append("/usr/lib/postfix/sbin/\(program)".utf8)
            }
            batch.entries.append(entry)
        }
        return batch
    }
}

private struct Run {
    var events: [ReplayEvent] = []
    var summary: ReplaySummary

    init(
        _ story: Story,
        cut: Int = 4096,
        assumeReset: TimeSpan = .days(1),
        users: [UInt32] = [],
        uid: UInt32? = nil,
        executable: Bool = false,
        until: Timestamp? = nil
    ) {
        var replay = Replay(
            settings: Settings(),
            mtaUsers: users,
            assumeReset: assumeReset,
            until: until
        )
        var from = 0
        while from < story.lines.count, !replay.isOver {
            let end = min(from + cut, story.lines.count)
            var batch = story.batch(from..<end, uid: uid, executable: executable)
            events += replay.take(&batch)
            from = end
        }
        events += replay.finish()
        summary = replay.summary(took: .seconds(1))
    }

    var trips: [ReplayEvent] { events.filter { $0.kind == .trip } }
}

@Suite struct `Replaying` {
    private let story = Story()

    @Test func `each storm trips once when the breaker is reset a day later`() {
        let run = Run(story)
        #expect(run.trips.count == 2)
        #expect(run.summary.trips == 2)
        #expect(run.summary.lists == 1)
        #expect(run.summary.sight.entries == Int64(story.lines.count))
        #expect(run.summary.first == story.lines.first?.time)
        #expect(run.summary.last == story.lines.last?.time)
        #expect(run.trips.allSatisfy { $0.list == storyList && $0.verdict != nil })
    }

    /// What was announced behind a trip is counted on the lines themselves.
    @Test(arguments: [TimeSpan.minutes(10), .days(1), .days(30)])
    func `what a breaker would have kept is what the log shows after the trip`(reset: TimeSpan) {
        let run = Run(story, assumeReset: reset)
        let after = run.summary.aftermaths
        #expect(after.map(\.list) == Array(repeating: storyList, count: reset == .days(30) ? 1 : 2))
        func announced(behind trip: Timestamp) -> Int64 {
            let posts = story.lines.count { line in
                line.time > trip && line.time <= trip + .days(1)
                    && line.message.contains("nrcpt=12000")
            }
            return Int64(posts) * 12_000
        }
        for aftermath in after {
            let shown = announced(behind: aftermath.tripped)
            // The minutes in which it tripped may be missing.
            #expect(aftermath.copies <= shown && aftermath.copies >= shown - 24_000)
            #expect(aftermath.copies > 0)
        }
    }

    @Test func `a report tells each trip, and which copies it would have kept`() {
        let run = Run(story)
        var report = ReplayReport(showsAddresses: false)
        for event in run.events { report.note(event) }
        let document = report.document(run.summary, damage: ["x is cut"], source: "a journal")
        let text = DocumentMarkdown(document: document).text
        #expect(text.contains("Somebody would have been paged 2 times."))
        let kept = run.summary.aftermaths.map(\.copies).reduce(0, +)
        #expect(text.contains("| \(storyList) | "))
        #expect(text.contains(" | 2 | \(StateWords.count(kept)) | "))
        #expect(text.contains("x is cut"))
        for trip in run.trips { #expect(text.contains(StateWords.time(trip.time.rfc3339))) }
        #expect(!text.contains("customer1@example.net"))
        #expect(DocumentPage(document: document).text.contains("<svg"))
        let quiet = ReplayReport(showsAddresses: false)
        var calm = run.summary
        calm.trips = 0
        calm.aftermaths = []
        let none = DocumentMarkdown(document: quiet.document(calm, damage: [], source: "x")).text
        #expect(none.contains("No breaker would have opened."))
    }

    @Test func `a breaker that is not reset in time hides the second storm`() {
        #expect(Run(story, assumeReset: .days(30)).trips.count == 1)
    }

    @Test func `events come in the order of time`() {
        for reset in [TimeSpan.minutes(10), .hours(1), .days(1)] {
            let times = Run(story, assumeReset: reset).events.map(\.time)
            #expect(times == times.sorted())
        }
    }

    @Test(arguments: [1, 7, 64, 500])
    func `it does not matter how the journal is cut into batches`(cut: Int) {
        for reset in [TimeSpan.minutes(10), .days(1)] {
            #expect(
                Run(story, cut: cut, assumeReset: reset).events
                    == Run(story, assumeReset: reset).events
            )
        }
    }

    @Test func `nothing later than --until is taken`() {
        let middle = story.lines[story.lines.count / 2].time
        let run = Run(story, until: middle)
        #expect(run.summary.last.map { $0 <= middle } == true)
        #expect(run.trips.count == 1)
    }

    @Test func `the mail server's user is learned from its own program`() {
        #expect(Run(story, uid: 4711, executable: true).trips.count == 2)
    }

    @Test func `lines of a user that nobody vouches for are not believed`() {
        let run = Run(story, uid: 4711)
        #expect(run.events.isEmpty)
        #expect(run.summary.sight.forged.values.reduce(0, +) == Int64(story.lines.count))
    }

    @Test func `a user that is given is believed, and nothing else is learned`() {
        #expect(Run(story, users: [4711], uid: 4711).trips.count == 2)
        #expect(Run(story, users: [4711], uid: 4712, executable: true).trips.isEmpty)
    }

    @Test func `a step of the clock into the far future or past does not stop it`() {
        var story = story
        for (index, stamp) in [Int64.max, Int64.min, 0, -1].enumerated() {
            story.lines[index * 50 + 10].time = Timestamp(microseconds: stamp)
        }
        let run = Run(story, cut: 13)
        #expect(run.summary.sight.entries == Int64(story.lines.count))
    }
}
