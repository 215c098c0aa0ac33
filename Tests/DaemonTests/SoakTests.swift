// SPDX-License-Identifier: Apache-2.0
//
// A site's year at full speed: lists that talk every day, newsletters, storms, threads that nearly are
// one, restarts, and clocks that are set. Each storm trips, nothing else does, and what the daemon
// keeps stays flat. Engine, breakers' store and habits are the real ones and save as the loop does; the
// journal, its rotations among them, has tests of its own. `make soak` runs the year, and prints the
// curve; in CI it is some weeks.

import Breaker
import Engine
import EventTime
import Foundation
import Glibc
import MailLog
import Store
import StormDetection
import StormSimulator
import TestSupport
import Testing
import Trials

@testable import Daemon

/// How much of it.
private struct SoakPlan {
    var days: Int
    var lists: Int
    var storms: Int
    var nearMisses: Int
    var restarts: Int
    var clockChanges: Int

    static let year = SoakPlan(
        days: 365,
        lists: 200,
        storms: 12,
        nearMisses: 40,
        restarts: 50,
        clockChanges: 12
    )
    static let weeks = SoakPlan(
        days: 35,
        lists: 24,
        storms: 2,
        nearMisses: 4,
        restarts: 6,
        clockChanges: 4
    )

    static var asked: SoakPlan {
        ProcessInfo.processInfo.environment["LISTBREAKER_SOAK"] == "year" ? year : weeks
    }

    /// Every fourth list is a newsletter; the first of these get a storm each.
    func isNewsletter(_ list: Int) -> Bool { list % 4 == 0 }
    var stormLists: [String] { (0..<storms).map { "l\($0 * 4)@lists.example" } }

    func scenario() throws -> Scenario {
        var text = """
            [Scenario]
            Title=A year of a site
            Seed=2026
            Start=2026-01-05T00:00:00Z
            Duration=\(days)d
            DeliveriesPerSecond=200
            Authors=yes

            """
        for list in 0..<lists {
            let isBig = isNewsletter(list)
            text += """
                [List l\(list)@lists.example]
                Shape=\(isBig ? "include-owner" : "mailman")
                Members=\(isBig ? 2000 + 100 * list : 150 + list)

                """
            if isBig {
                text += """
                    [Traffic letter\(list)]
                    Kind=posts
                    List=l\(list)@lists.example
                    From=editor\(list)@lists.example
                    At=9h
                    Count=\(days / 7 + 1)
                    Every=7d

                    """
            } else {
                text += """
                    [Traffic talk\(list)]
                    Kind=discussion
                    List=l\(list)@lists.example
                    PerDay=\(1 + list % 3)
                    Posters=20
                    Replies=60%
                    Strangers=2%

                    """
            }
        }
        // The first third is for learning.
        let span = days - days / 3 - 2
        for (number, list) in stormLists.enumerated() {
            text += """
                [Traffic storm\(number)]
                Kind=storm
                List=\(list)
                At=\(days / 3 + number * span / storms)d 10h
                Count=25
                PerHour=40-40

                """
        }
        for number in 0..<nearMisses {
            let list = (number * 4 + 1) % lists
            text += """
                [Traffic heated\(number)]
                Kind=discussion
                List=l\(list)@lists.example
                At=\(days / 3 + number * span / nearMisses)d 8h
                For=10h
                PerDay=90
                Posters=8
                Replies=90%

                """
        }
        text += "\n[Settings]\n"
        for list in stride(from: 0, to: lists, by: 8) {
            text += "[List l\(list)@lists.example]\nAnnounceOnly=yes\n"
        }
        return try Scenario(text: text, path: "soak")
    }
}

/// What the process keeps, at one moment.
private struct Keep {
    var day: Int
    var memory: Int
    var descriptors: Int
    var files: Int

    init(day: Int, directory: String) {
        self.day = day
        let pages = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        memory = (pages ?? 0) * 4096
        let manager = FileManager.default
        descriptors = (try? manager.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        let names = (try? manager.contentsOfDirectory(atPath: directory)) ?? []
        files = names.reduce(0) { sum, name in
            let size = try? manager.attributesOfItem(atPath: directory + "/" + name)[.size]
            return sum + ((size as? Int) ?? 0)
        }
    }

    var line: String {
        "day \(day): memory \(memory >> 20) MiB, descriptors \(descriptors), files \(files >> 10) KiB"
    }
}

@Suite(.serialized) struct SoakTests {
    @Test func `each storm of a site's year trips, nothing else does, and all stays flat`() throws {
        let plan = SoakPlan.asked
        let scenario = try plan.scenario()
        let scratch = try Scratch()
        var life = try Life(directory: scratch.path, scenario)
        var simulation = Simulation(abbreviating: scenario)
        var batch = LineBatch(scenario)
        var curve: [Keep] = []
        var (read, restarts, changes) = (0, 0, 0)
        var offset = TimeSpan.seconds(0)
        while let line = simulation.nextLine() {
            read += 1
            batch.append(line)
            guard read % Life.turn == 0 else { continue }
            let day = Int((line.time - scenario.start).seconds / 86_400)
            // A clock that is set takes the log's stamps with it: forwards, and back again.
            if day * plan.clockChanges >= (changes + 1) * plan.days {
                changes += 1
                offset = .minutes(changes % 2 == 0 ? 0 : 20 * Int64(changes))
            }
            for index in batch.entries.entries.indices {
                batch.entries.entries[index].time = batch.entries.entries[index].time + offset
            }
            life.cursor = read
            try life.turn(batch.entries, now: line.time + offset)
            batch.removeAll()
            if read / Life.turn % 40 == 0 { try life.saveHabits(at: line.time) }
            if day * plan.restarts >= (restarts + 1) * plan.days {
                restarts += 1
                try life.saveHabits(at: line.time)
                life.close()
                life = try Life(directory: scratch.path, scenario)
                #expect(life.cursor == read)
            }
            if day / 7 >= curve.count { curve.append(Keep(day: day, directory: scratch.path)) }
        }
        let tripped = try life.store.incidents(limit: 1000).compactMap(\.scope.mailName)
        life.close()
        for keep in curve { print(keep.line) }
        print(
            "\(read) lines, \(restarts) restarts, \(changes) clock changes; \(tripped.count) trips"
        )
        #expect(Set(tripped) == Set(plan.stormLists), "\(tripped.sorted())")
        #expect(restarts >= plan.restarts - 1 && changes >= plan.clockChanges - 1)
        let (middle, last) = (curve[curve.count / 2], try #require(curve.last))
        #expect(last.descriptors <= middle.descriptors + 2)
        #expect(last.memory <= middle.memory * 5 / 4 + 32 << 20)
        #expect(last.files <= middle.files * 3 / 2 + 256 << 10)
    }
}
