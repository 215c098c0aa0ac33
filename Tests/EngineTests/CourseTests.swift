// SPDX-License-Identifier: Apache-2.0
//
// What an incident knows of its list from the trip to the reset: counted once, across a restart that reads
// lines again, and bounded however long nobody comes.

import Breaker
import Engine
import EventTime
import Foundation
import MailLog
import Settings
import StormDetection
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)
private let annonce = "annonce@lists.example.org"

private func freshEngine() -> Engine {
    let text =
        "[Halt]\nMode=observe\n[List \(annonce)]\nAnnounceOnly=yes\n"
        + "RegularPosters=news@example.org\n"
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

/// A tripped list; `host` is a millisecond behind the trip.
private func stormed(_ host: inout MailHost) -> Engine {
    var engine = freshEngine()
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000, delivered: 7)
    host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    return engine
}

private func sums(_ course: IncidentCourse?) -> [Int64] {
    let steps = course?.steps ?? []
    return [
        steps.reduce(0) { $0 + $1.posts }, steps.reduce(0) { $0 + $1.announced },
        steps.reduce(0) { $0 + $1.sent },
    ]
}

@Suite struct `The course of an incident` {
    @Test func `posts, copies announced and copies that left are counted from the trip on`() throws
    {
        var host = MailHost(at: friday)
        var engine = stormed(&host)
        #expect(engine.board.incidents.first?.state == .open)
        // The two that led to the trip are not among them.
        #expect(sums(engine.board.incidents.first?.course) == [0, 0, 0])
        for minute in 1...5 {
            host.time = friday + .minutes(Int64(minute))
            host.post(
                "annonce",
                from: "p\(minute)@example.com",
                id: "s\(minute)@example.com",
                copies: 3000,
                delivered: 11
            )
            host.post("other", from: "x@example.com", id: "o\(minute)@example.com", copies: 40)
        }
        _ = engine.handle(.entries(host.take(), readAt: host.time))
        let course = try #require(engine.board.incidents.first?.course)
        #expect(sums(course) == [5, 15_000, 55])
        #expect(course.steps.map(\.posts) == [1, 1, 1, 1, 1], "one a minute")
    }

    @Test func `what comes behind the reset is not the incident's`() throws {
        var host = MailHost(at: friday)
        var engine = stormed(&host)
        host.post("annonce", from: "p@example.com", id: "s@example.com", copies: 3000)
        _ = engine.handle(.entries(host.take(), readAt: host.time))
        let audit = Audit(uid: 0, time: host.time, reason: "test")
        let effects = engine.handle(
            .command(.reset(.list(annonce), held: nil, rate: nil), by: audit)
        )
        let saved = effects.compactMap { effect -> IncidentCourse? in
            if case .save(let incidents, _) = effect { return incidents.first?.course }
            return nil
        }
        #expect(sums(saved.first) == [1, 3000, 0], "the reset saves it")
        host.post("annonce", from: "q@example.com", id: "t@example.com", copies: 3000, delivered: 5)
        _ = engine.handle(.entries(host.take(), readAt: host.time))
        let standing = engine.board.incident(of: .list(annonce))
        if standing?.state != .open { #expect(sums(standing?.course) == [1, 3000, 0]) }
    }

    @Test func `lines that a restart reads again are counted once`() throws {
        var host = MailHost(at: friday)
        var engine = stormed(&host)
        _ = engine.takeMovedIncidents()
        let before = engine.snapshot
        host.time = friday + .minutes(3)
        host.post("annonce", from: "p@example.com", id: "s@example.com", copies: 3000, delivered: 9)
        let lines = host.take()
        _ = engine.handle(.entries(lines, readAt: host.time))
        #expect(engine.takeMovedIncidents().map(\.number) == [1])
        #expect(engine.takeMovedIncidents().isEmpty, "it is saved once")
        let kept = try JSONDecoder().decode(
            BreakerBoard.self,
            from: JSONEncoder().encode(engine.board)
        )
        // Killed before the snapshot was saved: the board is ahead of the place.
        var again = freshEngine()
        again.restore(board: kept, snapshot: before)
        _ = again.handle(.entries(lines, readAt: host.time))
        #expect(sums(again.board.incidents.first?.course) == [1, 3000, 9])
        host.post("annonce", from: "q@example.com", id: "t@example.com", copies: 3000, delivered: 2)
        _ = again.handle(.entries(host.take(), readAt: host.time))
        #expect(sums(again.board.incidents.first?.course) == [2, 6000, 11])
    }

    @Test func `a year without a reset stays within its steps and loses no count`() throws {
        var host = MailHost(at: friday)
        var engine = stormed(&host)
        for day in 1...365 {
            host.time = friday + .days(Int64(day))
            host.post(
                "annonce",
                from: "p@example.com",
                id: "d\(day)@example.com",
                copies: 10,
                delivered: 1
            )
            _ = engine.handle(.entries(host.take(), readAt: host.time))
        }
        let course = try #require(engine.board.incidents.first?.course)
        #expect(sums(course) == [365, 3650, 365])
        #expect(course.steps.count <= IncidentCourse.most)
        let covered = course.width.seconds * Double(IncidentCourse.most)
        #expect(covered >= TimeSpan.days(365).seconds && covered < TimeSpan.days(740).seconds)
    }
}
