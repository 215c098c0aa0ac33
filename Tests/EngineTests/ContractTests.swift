// SPDX-License-Identifier: Apache-2.0
//
// What scripts read is a contract: the JSON of `status`, `explain`, `held` and `incidents`, byte for
// byte, in every state that a word of it names. LISTBREAKER_UPDATE_GOLDEN=1 writes it anew; then a
// field may have come, and none may have gone or changed.

import Breaker
import Engine
import EventTime
import Foundation
import MailLog
import Reports
import Settings
import StormDetection
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)
private let annonce = "annonce@lists.example.org"
private let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// A host that is watched, and what is asked of it as time goes on.
private struct Story {
    var engine: Engine
    var host = MailHost(at: friday)
    var answers: [(name: String, json: String)] = []

    init(_ text: String) {
        guard
            case .success(let read) = SettingsReader.read([
                SettingsText(path: "test.conf", text: text)
            ])
        else { preconditionFailure("the test's settings are wrong") }
        var trust = TrustSettings()
        trust.postfixUsers = [101]
        engine = Engine(settings: read.settings, trust: trust)
    }

    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }

    mutating func note(_ name: String, _ value: some Encodable) {
        answers.append((name, Self.json(value)))
    }

    mutating func status(_ name: String) {
        note("status " + name, engine.status(at: host.time))
        let incidents = engine.board.incidents.map(\.status)
        if !incidents.isEmpty { note("incidents " + name, incidents) }
    }

    mutating func explain(_ list: String, _ name: String) {
        if let report = engine.explain(list: list) { note("explain " + name, report) }
    }

    mutating func read() {
        let batch = host.take()
        _ = engine.handle(.entries(batch, readAt: host.time))
    }

    mutating func storm() {
        host.post("annonce", from: "news@example.org", id: "n1@example.org", copies: 3000)
        host.post("crew", from: "boss@example.org", id: "c1@example.org", copies: 9, delivered: 9)
        host.time = host.time + .minutes(20)
        for name in ["ann", "bob"] {
            host.post(
                "annonce",
                from: "\(name)@example.com",
                id: "\(name)@example.com",
                answering: "n1@example.org",
                copies: 3000,
                delivered: 5
            )
        }
        read()
    }

    mutating func pass(_ span: TimeSpan) {
        host.time = host.time + span
        _ = engine.handle(.tick(now: host.time, seen: host.time))
    }

    mutating func command(_ command: Command, _ reason: String = "seen") {
        host.time = host.time + .seconds(1)
        let audit = Audit(uid: 1000, time: host.time, reason: reason)
        _ = engine.handle(.command(command, by: audit))
    }

    mutating func outcome(_ verb: HaltOrder.Verb, _ result: HaltOutcome.Result) {
        host.time = host.time + .seconds(1)
        let order = HaltOrder(verb: verb, incident: engine.board.incidents.last?.number ?? 0)
        _ = engine.handle(.outcome(HaltOutcome(order: order, result: result, time: host.time)))
    }

    /// A copy that leaves around the halt.
    mutating func leak() {
        host.copy("C000FF89A5", to: "late@example.net")
        read()
    }
}

private let done = HaltOutcome.Result.done(held: 3, total: 3, remark: "main.cf was changed")

/// A queue that is halted, leaks, is resumed and goes out.
private func halted() -> Story {
    var story = Story("[Halt]\nMode=armed\n[List \(annonce)]\nAnnounceOnly=yes\n")
    story.status("at the start")
    story.storm()
    story.status("halting")
    story.explain(annonce, "of an open list")
    story.outcome(.halt, .failed(reason: "no actuator"))
    story.status("not halted")
    story.outcome(.halt, done)
    story.pass(.minutes(2))
    story.status("verified")
    story.leak()
    story.status("leaking")
    story.command(.acknowledge(1))
    story.command(.reset(.list(annonce), held: .release, rate: 600), "closed to strangers")
    story.status("resuming")
    story.outcome(.resume(.keep), .failed(reason: "no room"))
    story.status("resume failed")
    story.outcome(.resume(.keep), done)
    story.outcome(
        story.engine.board.clearings[0].verb,
        .done(held: 2, total: 8, remark: nil, copies: 200, left: 8)
    )
    story.status("releasing")
    story.explain("crew@lists.example.org", "of a list that is closed")
    story.pass(.hours(2))
    story.status("closed")
    return story
}

/// Only the list's mail is held; a drill beside it.
private func held() -> Story {
    var story = Story("[Halt]\nMode=armed\nScope=list\n[List \(annonce)]\nAnnounceOnly=yes\n")
    story.storm()
    story.outcome(.holdList(annonce), done)
    story.status("of a list on hold")
    story.command(.trip(.queue), "phones")
    story.status("tripped by hand")
    story.explain("crew@lists.example.org", "of a list beside it")
    return story
}

/// Nothing is halted.
private func observed() -> Story {
    var story = Story("[Halt]\nMode=observe\n[List \(annonce)]\nAnnounceOnly=yes\n")
    story.storm()
    story.status("observed")
    story.command(.setMode(.armed), "now in earnest")
    story.status("armed by hand")
    return story
}

/// What waits for a person, and what one let pass.
private func doubted() -> Story {
    var story = Story(
        """
        [Halt]
        Mode=armed
        [Detection]
        SenderMessagesPerHour=100
        SenderKnownAfter=0
        SenderKnownDays=0
        [Attended]
        Attended=Mon..Sun 00:00..23:59
        GraceSec=10min
        [Alert one]
        Script=/bin/true
        """
    )
    for user in ["alice@example.org", "bob@example.org"] {
        for number in 1...101 {
            let id = story.host.nextID()
            let client = "client=pc.example.com[203.0.113.66]"
            story.host.log(
                "smtpd",
                "\(id): \(client), sasl_method=PLAIN, sasl_username=\(user)"
            )
            story.host.log("cleanup", "\(id): message-id=<\(number)@laptop.example.org>")
            story.host.log("qmgr", "\(id): from=<\(user)>, size=900, nrcpt=1 (queue active)")
            story.host.copy(id, to: "r@example.net")
            story.host.log("qmgr", "\(id): removed")
        }
    }
    story.read()
    story.status("in doubt")
    story.explain("sender:alice@example.org", "of a sender")
    story.command(.holdOffSender, "Christmas cards")
    story.status("held off")
    story.pass(.minutes(11))
    story.status("unanswered")
    story.explain("sender:bob@example.org", "of a sender that is open")
    return story
}

/// What a list that is near a trip looks like, and forged lines.
private func near() -> Story {
    var story = Story("[Halt]\nMode=armed\n")
    for number in 0..<30 {
        story.host.post(
            "talk",
            from: "p\(number % 6)@example.com",
            id: "t\(number)@example.com",
            answering: number == 0 ? nil : "t0@example.com",
            copies: 400,
            delivered: number == 3 ? 400 : 0
        )
        story.host.time = story.host.time + .minutes(number < 20 ? 60 : 2)
    }
    story.host.log("qmgr", "AAAA: from=<x@y>, size=1, nrcpt=1 (queue active)", uid: 1000)
    story.read()
    story.status("of a list that talks")
    story.explain("talk@lists.example.org", "of a list that talks")
    return story
}

private func others() -> [(name: String, json: String)] {
    let post = HeldReport.Post(
        post: "C00011",
        list: annonce,
        messageID: "<n1@example.org>",
        from: "News <news@example.org>",
        subject: "Fête / 2026",
        sender: "owner-annonce@lists.example.org",
        firstSeen: friday.rfc3339,
        messages: 3,
        copies: 3000
    )
    var queue = post
    queue.list = nil
    let held = HeldReport(posts: [post, queue], more: 7, held: 12, foreign: 1)
    let moments = [
        MomentStatus(time: friday.rfc3339, event: "tripped", target: nil, text: "incident 1"),
        MomentStatus(time: friday.rfc3339, event: "delivered", target: "one", text: "done"),
    ]
    return [("held", Story.json(held)), ("moments", Story.json(moments))]
}

private func contract() -> String {
    let stories = [halted(), held(), observed(), doubted(), near()]
    let answers = stories.flatMap(\.answers) + others()
    return answers.map { "\($0.name)\n\($0.json)\n" }.joined()
}

@Test func `the JSON that scripts read is as it is checked in`() throws {
    let path = "\(root)/Tests/Golden/reports/contract.txt"
    let found = contract()
    if ProcessInfo.processInfo.environment["LISTBREAKER_UPDATE_GOLDEN"] == "1" {
        try found.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    let (lines, expected) = (found.split(separator: "\n"), golden.split(separator: "\n"))
    #expect(lines.count == expected.count)
    for (line, golden) in zip(lines, expected) { #expect(line == golden) }
    for word in ["\"halt\":\"NOT HALTED\"", "\"halt\":\"verified\"", "\"halt\":\"leaking 1/min\""] {
        #expect(golden.contains(word))
    }
}

extension Clearing {
    /// The order of its next batch.
    fileprivate var verb: HaltOrder.Verb {
        .clear(Step(number: number, action: action, list: list, post: post, copies: nil))
    }
}

extension Command {
    fileprivate static let holdOffSender = Command.holdOff(
        .sender("alice@example.org"),
        span: .hours(2)
    )
}
