// SPDX-License-Identifier: Apache-2.0
//
// The simulated log: always the same, in order, complete, and understood line by line.

import EventTime
import MailLog
import Testing

@testable import StormSimulator

/// A small storm on a list of each shape.
func storm(_ shape: ListShape, headers: Bool = true, seed: UInt64 = 7) -> Scenario {
    var scenario = Scenario()
    scenario.seed = seed
    scenario.hasHeaders = headers
    scenario.duration = .days(2)
    scenario.lists = [SimulatedList(address: "annonce@lists.example", shape: shape, members: 150)]
    var announcement = Traffic()
    announcement.list = "annonce@lists.example"
    announcement.from = "infos@firm.example"
    var storm = Traffic()
    storm.kind = .storm
    storm.list = announcement.list
    storm.at = .minutes(1)
    storm.count = 20
    storm.reproduction = 12
    storm.saturation = 0.5
    scenario.traffic = [announcement, storm]
    return scenario
}

/// All lines of `scenario`.
func lines(_ scenario: Scenario) -> [LogLine] {
    var simulation = Simulation(scenario)
    var lines: [LogLine] = []
    while let line = simulation.nextLine() { lines.append(line) }
    return lines
}

/// What MailLog takes each line for.
func events(_ lines: [LogLine]) -> [(line: LogLine, event: MailEvent, bytes: [UInt8])] {
    var settings = TrustSettings()
    settings.postfixUsers = [104]
    let reader = LineReader(settings: settings)
    return lines.map { line in
        var batch = EntryBatch()
        var entry = LogEntry(time: line.time)
        entry.message = batch.append(line.message.utf8)
        entry.identifier = batch.append("postfix/\(line.program.rawValue)".utf8)
        entry.executable = batch.append("/usr/lib/postfix/sbin/\(line.program.rawValue)".utf8)
        entry.transport = .syslog
        entry.uid = line.program.isRoot ? 0 : 104
        entry.pid = line.pid
        entry.syslogPid = line.pid
        return (line, reader.read(entry, in: batch.bytes), batch.bytes)
    }
}

struct StormSimulatorTests {
    @Test(arguments: ListShape.allCases)
    func `one seed gives one log, another seed another`(shape: ListShape) {
        func bytes(_ scenario: Scenario) -> [UInt8] {
            var simulation = Simulation(scenario)
            var bytes: [UInt8] = []
            while simulation.next(into: &bytes) {}
            return bytes
        }
        let first = bytes(storm(shape))
        #expect(first.count > 1_000_000)
        #expect(first == bytes(storm(shape)))
        #expect(first != bytes(storm(shape, seed: 8)))
    }

    @Test(arguments: ListShape.allCases)
    func `time never steps back`(shape: ListShape) {
        let lines = lines(storm(shape))
        let steps = zip(lines, lines.dropFirst())
        #expect(!steps.contains { earlier, later in earlier.time > later.time })
    }

    @Test(arguments: ListShape.allCases, [true, false])
    func `every line is believed and understood`(shape: ListShape, headers: Bool) {
        var scenario = storm(shape, headers: headers)
        scenario.bouncedShare = 0.03
        var kinds: Set<MailEvent.Kind> = []
        var wrong: [String] = []
        for (line, event, _) in events(lines(scenario)) {
            let isRead = event.trust == .genuine && event.kind != .other && event.kind != .warning
            if !isRead { wrong.append("\(line.text): \(event.reason)") }
            kinds.insert(event.kind)
        }
        #expect(wrong == [])
        #expect(
            kinds.isSuperset(of: [.client, .messageID, .queued, .delivery, .removed, .session])
        )
        #expect(kinds.contains(.header) == headers)
        #expect(kinds.contains(.notification) == (shape != .mlmmj && shape != .mailmanVerp))
    }

    @Test(arguments: ListShape.allCases)
    func `every message in the queue is served to the last recipient and removed`(
        shape: ListShape
    ) {
        var announced: [String: Int64] = [:]
        var served: [String: Int64] = [:]
        var removed: Set<String> = []
        var lives = 0
        var wrong: [String] = []
        for (line, event, bytes) in events(lines(storm(shape))) {
            func text(_ range: ByteRange) -> String {
                String(decoding: bytes[Int(range.start)..<Int(range.end)], as: UTF8.self)
            }
            let id = text(event.queueID)
            switch event.kind {
            case .queued:
                // Short ids come back: this is the next life.
                if removed.remove(id) != nil { served[id] = nil }
                announced[id] = event.count
            case .delivery:
                if removed.contains(id) { wrong.append(line.text) }
                if event.status != .deferred { served[id, default: 0] += 1 }
            case .removed:
                if served[id] != announced[id] { wrong.append(line.text) }
                removed.insert(id)
                lives += 1
            default: continue
            }
        }
        #expect(removed.count == announced.count)
        #expect(wrong == [])
        #expect(lives >= 42)
    }

    @Test func `the list's copies are announced before the post is forwarded to them`() {
        let lines = lines(storm(.includeOwner)).map(\.message)
        let child = lines.firstIndex { line in line.contains("from=<owner-annonce@lists") }
        let forwarded = lines.firstIndex { line in line.contains("(forwarded as ") }
        #expect(child != nil && forwarded != nil)
        if let child, let forwarded {
            #expect(child < forwarded)
            #expect(lines[child].contains("nrcpt=150 (queue active)"))
        }
    }

    @Test func `the parent sensor's mark stands at the end, behind the client's words`() {
        let header = lines(storm(.include)).map(\.message).first { line in
            line.contains("header In-Reply-To:")
        }
        #expect(header?.hasSuffix(">") == true)
        #expect(header?.contains(" proto=ESMTP helo=<mx.c") == true)
        #expect(header?.contains(">: parent=<") == true)
    }

    @Test func `delays are printed as Postfix prints them`() {
        let seconds: [(Int64, String)] = [
            (0, "0"), (4_000, "0"), (6_000, "0.01"), (30_000, "0.03"), (100_000, "0.1"),
            (123_000, "0.12"), (1_000_000, "1"), (1_260_000, "1.3"), (9_940_000, "9.9"),
            (12_400_000, "12"), (4_321_000_000, "4321"),
        ]
        for (microseconds, text) in seconds { #expect(Delays.number(microseconds) == text) }
    }

    @Test func `queue ids have Postfix's two forms`() {
        let time = Timestamp(microseconds: 1_795_501_263_048_330)
        var short = QueueIDs(isLong: false, seed: 1)
        let first = short.make(at: time)
        #expect(first.id.hasPrefix("0BCCA"))
        short.release(first.inode)
        #expect(short.make(at: time).inode == first.inode)
        var long = QueueIDs(isLong: true, seed: 1)
        // 4jYXkR1W7nz2RmdH is a genuine id of 2026-11-24 06:21:03.
        #expect(long.make(at: time).id.hasPrefix("4jYXk"))
        #expect(long.make(at: time).id.contains("z"))
    }

    @Test func `a storm's people are many, a discussion's are few`() {
        var scenario = storm(.include)
        let storming = Simulation(scenario).posts.filter(\.isStorm)
        #expect(storming.count == 20)
        #expect(Set(storming.map(\.poster)).count > 15)
        var discussion = Traffic()
        discussion.kind = .discussion
        discussion.list = "annonce@lists.example"
        discussion.perDay = 100
        discussion.posters = 6
        scenario.traffic = [discussion]
        let talking = Simulation(scenario).posts
        #expect((100...300).contains(talking.count))
        #expect(Set(talking.map(\.poster)).count == 6)
    }

    @Test func `the bulk scenario gives exactly the entries and lists asked for`() {
        var simulation = Simulation(.bulk(entries: 20_000, lists: 300))
        var count = 0
        var lists: Set<Substring> = []
        while let line = simulation.nextLine() {
            count += 1
            if line.program == .local || line.program == .lmtp {
                let address = line.message.split(separator: "<")[1].prefix { $0 != ">" }
                if !address.hasPrefix("root@") { lists.insert(address) }
            }
        }
        #expect(count == 20_000)
        #expect(lists.count == 300)
    }

    @Test func `chance has the moments it claims`() {
        var random = Randomness(seed: 42)
        let waits = (0..<20_000).map { _ in random.exponential(mean: 5) }
        #expect(abs(waits.reduce(0, +) / 20_000 - 5) < 0.15)
        let delays = (0..<20_001).map { _ in random.logNormal(median: 60, sigma: 1.2) }.sorted()
        #expect(abs(delays[10_000] - 60) < 3)
        let counts = (0..<20_000).map { _ in Double(random.poisson(mean: 3)) }
        #expect(abs(counts.reduce(0, +) / 20_000 - 3) < 0.05)
        #expect(abs(Randomness.exponent(1) - 2.718_281_828_459_045) < 1e-12)
        #expect(abs(Randomness.logarithm(10) - 2.302_585_092_994_046) < 1e-12)
        #expect(abs(Randomness.logarithm(1.999_999_9) - 0.693_147_130_559_944) < 1e-12)
    }
}
