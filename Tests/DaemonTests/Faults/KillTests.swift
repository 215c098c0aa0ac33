// SPDX-License-Identifier: Apache-2.0
//
// Exactly once: a month with twelve storms, read by a daemon that is killed twenty times. The engine,
// the breakers' store and the habits are the real ones and save as the loop does; journal and actuator
// are not there. The mistake to avoid: killing between two turns only; a save is where it hurts.

import Breaker
import Engine
import EventTime
import Foundation
import Glibc
import MailLog
import Settings
import Store
import StormDetection
import StormSimulator
import TestSupport
import Testing
import Trials

@testable import Daemon

/// One life of the daemon's inner part over the simulated month.
struct Life {
    /// Lines a turn, and turns between two snapshots.
    static let turn = 50
    static let turnsPerSnapshot = 10
    /// How long a person takes to reset a trip.
    static let patience = TimeSpan.hours(9)

    let store: Store
    private let habits: Habits
    private let clock: URL
    /// The time on the wall: it goes on where the life before ended, so what is read again is read late.
    private var wall: Timestamp
    private(set) var engine: Engine
    var cursor = 0

    /// Twelve lists, each with a storm of its own; half are said to be for announcements.
    fileprivate static func scenario() throws -> Scenario {
        var text = """
            [Scenario]
            Title=A month with twelve storms
            Seed=77
            Start=2026-10-01T06:00:00Z
            Duration=31d
            DeliveriesPerSecond=200
            Authors=yes

            [List talk@lists.example]
            Shape=include-owner
            Members=800

            [Traffic talk]
            Kind=discussion
            List=talk@lists.example
            PerDay=6
            Posters=20
            Replies=60%
            Strangers=3%

            """
        for number in 0..<12 {
            text += """

                [List l\(number)@lists.example]
                Shape=include-owner
                Members=\(3000 + 200 * number)

                [Traffic letter\(number)]
                Kind=posts
                List=l\(number)@lists.example
                From=editor\(number)@lists.example
                Count=14
                Every=2d

                [Traffic storm\(number)]
                Kind=storm
                List=l\(number)@lists.example
                At=\(16 + number)d \(number)h
                Count=25
                PerHour=40-40

                """
        }
        text += "\n[Settings]\n"
        for number in stride(from: 0, to: 12, by: 2) {
            text += "[List l\(number)@lists.example]\nAnnounceOnly=yes\n"
        }
        return try Scenario(text: text, path: "month")
    }

    /// Takes up what an earlier life in `directory` left.
    init(directory: String, _ scenario: Scenario) throws {
        let opened = try Store.open(directory: directory)
        store = opened.store
        clock = URL(fileURLWithPath: directory + "/clock")
        let told = try? String(contentsOf: clock, encoding: .utf8)
        wall = told.flatMap(Int64.init).map(Timestamp.init(microseconds:)) ?? scenario.start
        habits = Habits(directory: directory)
        let text = SettingsText(
            path: "[Settings]",
            text: "[Halt]\nMode=observe\n" + scenario.settings
        )
        let settings = try SettingsReader.read([text]).get().settings
        var trust = TrustSettings()
        trust.postfixUsers = [scenario.mailUser]
        engine = Engine(settings: settings, trust: trust)
        var snapshot: EngineSnapshot?
        let place = try habits.load { snapshot = try EngineSnapshot(from: &$0) }
        engine.restore(board: try store.loadBoard(BreakerBoard.self), snapshot: snapshot)
        cursor = place.flatMap { Int($0.cursor) } ?? 0
        let start = Engine.Input.start(
            now: wall,
            damaged: opened.damagedCopy,
            highestIncident: opened.highestIncident,
            foundHalted: false
        )
        try perform(engine.handle(start), at: wall)
    }

    /// Reads from the cursor to the end; `onTurn` is told how many lines were read.
    mutating func run(_ scenario: Scenario, onTurn: (Int) -> Void = { _ in }) throws {
        var simulation = Simulation(abbreviating: scenario)
        var batch = LineBatch(scenario)
        var read = 0
        while let line = simulation.nextLine() {
            read += 1
            guard read > cursor else { continue }
            batch.append(line)
            guard read % Self.turn == 0 else { continue }
            cursor = read
            onTurn(read)
            try turn(batch.entries, at: line.time)
            batch.removeAll()
            if read / Self.turn % Self.turnsPerSnapshot == 0 { try saveHabits(at: line.time) }
        }
        try saveHabits(at: scenario.start + scenario.duration)
    }

    mutating func turn(_ batch: EntryBatch, at logged: Timestamp) throws {
        let now = max(logged, wall)
        try turn(batch, now: now)
    }

    /// A turn at `now`, wherever the clock stood before.
    mutating func turn(_ batch: EntryBatch, now: Timestamp) throws {
        try perform(engine.handle(.entries(batch, readAt: now)), at: now)
        try perform(engine.handle(.tick(now: now, seen: now)), at: now)
        let due = engine.board.incidents.filter {
            $0.state == .open && now - $0.tripped >= Self.patience
        }
        for incident in due {
            let audit = Audit(uid: 1000, time: now, reason: "dealt with")
            let reset = Command.reset(incident.scope, held: .keep, rate: nil)
            try perform(engine.handle(.command(reset, by: audit)), at: now)
        }
        wall = now
        try "\(now.microseconds)".write(to: clock, atomically: true, encoding: .utf8)
    }

    /// As ``Loop`` does: in this order, each save at once.
    private mutating func perform(_ effects: [Effect], at now: Timestamp) throws {
        for effect in effects {
            switch effect {
            case .save(let incidents, let pages):
                try store.save(
                    board: engine.board,
                    incidents: incidents,
                    pages: StoreOutbox.rows(for: pages, at: now),
                    moments: effects.moments(at: now),
                    folds: false
                )
            case .snapshot: try saveHabits(at: now)
            case .halt, .page, .answer, .softHold, .release, .tripped, .log: break
            }
        }
    }

    func saveHabits(at time: Timestamp) throws {
        let snapshot = engine.snapshot
        try habits.save(cursor: "\(cursor)", time: time) { try snapshot.write(to: &$0) }
    }

    func close() { store.close() }
}

/// What a person would find afterwards: each incident, and each page of a trip.
private func story(_ directory: String) throws -> [String] {
    let store = try Store.open(directory: directory).store
    defer { store.close() }
    let incidents = try store.incidents(limit: 1000).sorted { $0.number < $1.number }
    let told = incidents.map { incident in
        "\(incident.number) \(incident.scope.name) \(incident.tripped.rfc3339) "
            + "\(incident.resetBy?.time.rfc3339 ?? "-") \(incident.verdict?.evidence.summary ?? "-")"
    }
    let pages = try store.pages().filter { $0.key.contains("/trip/") }
    return told + pages.map { "\($0.key) \($0.body)" }.sorted()
}

@Suite(.serialized) struct KillTests {
    /// LISTBREAKER_KILLS: so many in place of twenty.
    private static let kills =
        unsafe getenv("LISTBREAKER_KILLS").flatMap { unsafe Int(String(cString: $0)) } ?? 20

    @Test func `twenty kills in a month of twelve storms change no trip, no time and no text`()
        async throws
    {
        let scenario = try Life.scenario()
        let whole = try Scratch()
        var lines = 0
        var undisturbed = try Life(directory: whole.path, scenario)
        try undisturbed.run(scenario) { lines = $0 }
        undisturbed.close()
        let expected = try story(whole.path)
        #expect(expected.count { $0.contains("/trip/") } >= 12, "\(expected)")

        let scratch = try Scratch()
        let directory = scratch.path
        for kill in 0..<Self.kills {
            // Spread over the month, the one before it behind the last snapshot or not.
            let last = (kill + 1) * lines / (Self.kills + 1)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = directory as String, kill = kill as Int, last = last as Int] in
                var random = SplitMix64(seed: UInt64(kill))
                let delay = UInt32.random(in: 0..<20_000, using: &random)
                let scenario = try Life.scenario()
                var life = try Life(directory: directory, scenario)
                var isDoomed = false
                try life.run(scenario) { read in
                    guard read >= last, !isDoomed else { return }
                    isDoomed = true
                    Thread.detachNewThread {
                        usleep(delay)
                        Glibc.kill(getpid(), SIGKILL)
                    }
                }
                // It was faster than its end.
                Glibc.kill(getpid(), SIGKILL)
            }
        }
        var rest = try Life(directory: directory, scenario)
        try rest.run(scenario)
        rest.close()
        let found = try story(directory)
        let lost = Set(expected).subtracting(found)
        let new = Set(found).subtracting(expected)
        #expect(found == expected, "lost: \(lost.sorted()); new: \(new.sorted())")
    }
}
