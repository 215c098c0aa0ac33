// SPDX-License-Identifier: Apache-2.0
//
// The scripts in alerts/ against services on loopback that check what they are sent, and misbehave
// as services do.

import Breaker
import EventTime
import Foundation
import Glibc
import Settings
import Testing

@testable import Paging

private let secretWord = "s3cretR0utingKeyXXXXXXXXXXXXXXXX"

/// Credentials for every script, at a service that behaves so.
private func credentials(
    _ directory: ScriptDirectory,
    _ base: String,
    _ behaviour: String
) throws {
    let files = [
        "webhook.url": "\(base)/webhook/\(behaviour)",
        "webhook.header": "Authorization: Bearer \(secretWord)",
        "alertmanager.url": "\(base)/alertmanager/\(behaviour)/",
        "pagerduty.key": secretWord,
        "pagerduty.url": "\(base)/pagerduty/\(behaviour)/v2/enqueue",
        "slack.url": "\(base)/slack/\(behaviour)/\(secretWord)",
        "ntfy.url": "\(base)/ntfy/\(behaviour)/\(secretWord)",
        "ntfy.token": secretWord,
        "gotify.url": "\(base)/gotify/\(behaviour)/",
        "gotify.token": secretWord,
        "matrix.url": "\(base)/matrix/\(behaviour)/",
        "matrix.room": "!room:example.org",
        "matrix.token": secretWord,
        "telegram.token": "123456:\(secretWord)",
        "telegram.chat": "-100123456",
        "telegram.url": "\(base)/telegram/\(behaviour)/",
        "sms.url": "\(base)/sms/\(behaviour)",
        "sms.to": "+491701234567",
        "teams.url": "\(base)/teams/\(behaviour)/\(secretWord)",
        "apprise.urls": base.replacing("http:", with: "json:") + "/apprise/\(behaviour)",
    ]
    for (name, text) in files {
        try (text + "\n").write(
            toFile: "\(directory.path)/alert_\(name)",
            atomically: true,
            encoding: .utf8
        )
    }
}

private let services = [
    "webhook", "alertmanager", "pagerduty", "slack", "ntfy", "gotify", "matrix", "telegram",
    "teams",
]

private let apprise = "/usr/bin/apprise"
private let appriseIsMissing: Comment = "SKIPPED: there is no \(apprise) (.ci/install test)"

private func call(
    _ name: String,
    _ directory: ScriptDirectory,
    alert: Alert = trip(7),
    firing: Bool = true,
    timeout: TimeSpan = .seconds(40)
) -> ScriptCall {
    let run = Run(
        target: AlertTarget(name: name, script: shipped(name)),
        members: [
            Run.Member(
                key: alert.dedupKey,
                serial: 1,
                paged: at(0),
                first: trip(7),
                alert: alert
            )
        ],
        isFiring: firing,
        dedupKey: alert.dedupKey,
        attempt: 1
    )
    let payload = Payload(run: run, host: "mx1.example.org", now: at(60))
    return ScriptCall(
        path: run.target.script,
        event: run.event,
        input: payload.message + "\n",
        environment: Environment(run: run, payload: payload, credentials: directory.path).variables,
        timeout: timeout
    )
}

private func send(
    _ name: String,
    to receiver: Receiver,
    _ behaviour: String,
    alert: Alert = trip(7),
    firing: Bool = true
) async throws -> RunResult {
    let directory = try ScriptDirectory()
    try credentials(directory, "http://127.0.0.1:\(receiver.port)", behaviour)
    return await ScriptRunner.run(call(name, directory, alert: alert, firing: firing))
}

@Suite struct ShippedScriptTests {
    @Test(arguments: services)
    func `a trip, its end and a hostile text arrive as the service wants them`(
        name: String
    ) async throws {
        let receiver = try await Receiver()
        var hostile = trip(7)
        hostile.list = "\"><script>`id`$(id)'\\\n<!channel> @channel @all &amp;\u{1b}[2J\u{202e}é"
        hostile.summary = String(repeating: hostile.list ?? "", count: 40)
        hostile.advice = hostile.summary
        hostile.figures = ["a\"b\n": "<@here> %s %n", "copies": "6,000"]
        var taken = trip(7)
        taken.kind = .acknowledged
        taken.severity = .info
        let trials = [
            (trip(7), true), (taken, true), (reset(7, at: 90), false), (hostile, true),
        ]
        for (alert, firing) in trials {
            let result = try await send(name, to: receiver, "ok", alert: alert, firing: firing)
            #expect(result.outcome == .delivered, "\(result.output)")
            // The service's answer contains lines that look like ours; they are not believed.
            #expect(result.acknowledgedBy == nil)
        }
        let requests = await receiver.requests(4)
        #expect(requests.map(\.service) == [name, name, name, name])
        #expect(requests.flatMap(\.problems) == [])
        #expect(receiver.texts.allSatisfy { !$0.contains("uid=0") })
    }

    @Test(arguments: ["", "To=%TO%&From=%2B1555&Body=%TEXT%"])
    func `an SMS is short, whole letters, and only what wakes`(body: String) async throws {
        let receiver = try await Receiver()
        let directory = try ScriptDirectory()
        try credentials(directory, "http://127.0.0.1:\(receiver.port)", "ok")
        if !body.isEmpty {
            try (body + "\n").write(
                toFile: "\(directory.path)/alert_sms.body",
                atomically: true,
                encoding: .utf8
            )
        }
        var hostile = trip(7)
        hostile.summary = "\"\\&=%TO%+`id`$(id) " + String(repeating: "é", count: 200)
        var taken = trip(7)
        taken.kind = .acknowledged
        taken.severity = .info
        for (alert, firing) in [(taken, true), (reset(7, at: 90), false), (hostile, true)] {
            let result = await ScriptRunner.run(
                call("sms", directory, alert: alert, firing: firing)
            )
            #expect(result.outcome == .delivered, "\(result.output)")
        }
        let requests = await receiver.requests(1)
        #expect(requests.map(\.service) == ["sms"] && requests.flatMap(\.problems) == [])
        #expect(receiver.texts.allSatisfy { !$0.contains("uid=0") })
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: apprise), appriseIsMissing))
    func `apprise delivers, and what it cannot deliver is tried again`() async throws {
        let receiver = try await Receiver()
        var hostile = trip(7)
        hostile.summary = "\"><b>`id`$(id)'\\\n[a](b) é"
        for (alert, firing) in [(trip(7), true), (hostile, true), (reset(7, at: 90), false)] {
            let result = try await send("apprise", to: receiver, "ok", alert: alert, firing: firing)
            #expect(result.outcome == .delivered, "\(result.output)")
        }
        let requests = await receiver.requests(3)
        #expect(requests.map(\.service) == ["apprise", "apprise", "apprise"])
        #expect(requests.flatMap(\.problems) == [])
        let refused = try await send("apprise", to: receiver, "500")
        #expect(refused.outcome == .temporary(retryAfter: nil), "\(refused.output)")
        let directory = try ScriptDirectory()
        try "# nothing://\n".write(
            toFile: directory.path + "/alert_apprise.urls",
            atomically: true,
            encoding: .utf8
        )
        let wrong = await ScriptRunner.run(call("apprise", directory))
        #expect(wrong.outcome == .failed(code: 78), "\(wrong.output)")
    }

    /// An address in a command must be there to be copied, and nobody's words may wake a channel.
    @Test(arguments: [
        "kunden@allianz.example", "a@all-inkl.example", "x@hereford.example", "é@all.example",
        "@all", "(@channel)", "@all @here,@Channel", "a.@all", "\n@all", "\\@here", "@@all",
        "@ALL.",
    ])
    func `a chat's words wake nobody and leave addresses whole`(words: String) async throws {
        let receiver = try await Receiver()
        var hostile = trip(7, list: words)
        hostile.advice = "listbreaker reset '\(words)' --reason TEXT"
        hostile.summary = words
        let result = try await send("slack", to: receiver, "ok", alert: hostile)
        #expect(result.outcome == .delivered, "\(result.output)")
        #expect(await receiver.requests(1).flatMap(\.problems) == [])
    }

    @Test(arguments: services)
    func `each answer of a service means what the manual says`(name: String) async throws {
        let receiver = try await Receiver()
        let expected: [(String, RunResult.Outcome)] = [
            ("429", .temporary(retryAfter: 42)), ("429-bare", .temporary(retryAfter: nil)),
            ("503", .temporary(retryAfter: 42)), ("500", .temporary(retryAfter: nil)),
            ("huge", .temporary(retryAfter: nil)), ("401", .failed(code: 1)),
            ("400", .failed(code: 1)), ("redirect", .failed(code: 1)),
            ("close", .temporary(retryAfter: nil)), ("empty", .delivered),
        ]
        for (behaviour, outcome) in expected {
            let result = try await send(name, to: receiver, behaviour)
            #expect(result.outcome == outcome, "\(behaviour): \(result.output)")
        }
        let garbage = try await send(name, to: receiver, "garbage")
        #expect(garbage.outcome != .delivered)
        #expect(garbage.outcome != .temporary(retryAfter: 9))
        #expect(await receiver.requests(expected.count + 1).count == expected.count + 1)
    }

    @Test func `nobody there, and no such name`() async throws {
        let directory = try ScriptDirectory()
        // Port 9 of loopback: discard, which nobody runs.
        try credentials(directory, "http://127.0.0.1:9", "ok")
        let refused = await ScriptRunner.run(call("webhook", directory))
        #expect(refused.outcome == .temporary(retryAfter: nil), "\(refused.output)")
        try credentials(directory, "http://nobody.invalid", "ok")
        let unknown = await ScriptRunner.run(call("webhook", directory))
        #expect(unknown.outcome == .temporary(retryAfter: nil), "\(unknown.output)")
        try credentials(directory, "file:///etc/passwd?", "ok")
        let odd = await ScriptRunner.run(call("webhook", directory))
        #expect(odd.outcome == .failed(code: 78))
    }

    @Test(arguments: ["hang", "drip"])
    func `a service that does not come to an end is given up in time`(
        behaviour: String
    ) async throws {
        let receiver = try await Receiver()
        let result = try await send("webhook", to: receiver, behaviour)
        #expect(result.outcome == .temporary(retryAfter: nil), "\(result.output)")
        #expect(result.duration < .seconds(30))
    }

    @Test(arguments: services)
    func `secrets are in no argument and in no environment`(name: String) async throws {
        let receiver = try await Receiver()
        let directory = try ScriptDirectory()
        try credentials(directory, "http://127.0.0.1:\(receiver.port)", "hang")
        let script = call(name, directory, timeout: .seconds(4))
        async let result = ScriptRunner.run(script)
        #expect(await holds(within: 20) { receiver.requests.count == 1 })
        for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc")
        where Int(entry) != nil && entry != "\(getpid())" {
            for file in ["cmdline", "environ"] {
                let text = FileManager.default.contents(atPath: "/proc/\(entry)/\(file)") ?? Data()
                #expect(text.range(of: Data(secretWord.utf8)) == nil, "\(entry) \(file)")
            }
        }
        #expect(receiver.texts.joined().contains(secretWord) || name == "alertmanager")
        #expect(await result.outcome == .timedOut)
    }

    @Test func `a missing or empty secret says which file is wanted`() async throws {
        let directory = try ScriptDirectory()
        let missing = await ScriptRunner.run(call("pagerduty", directory))
        #expect(missing.outcome == .failed(code: 78))
        #expect(missing.output.joined().contains("pagerduty.key"))
        try credentials(directory, "http://127.0.0.1:9", "ok")
        try "".write(
            toFile: "\(directory.path)/alert_pagerduty.key",
            atomically: true,
            encoding: .utf8
        )
        let empty = await ScriptRunner.run(call("pagerduty", directory))
        #expect(empty.outcome == .failed(code: 78))
        #expect(empty.output.joined().contains("is empty"))
    }

    @Test func `a certificate that is not trusted is refused, one that the site adds is not`()
        async throws
    {
        let directory = try ScriptDirectory()
        let make = try directory.script(
            "make",
            """
            cd \(directory.path) && openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
                -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
                -keyout key.pem -out cert.pem
            """
        )
        let made = await ScriptRunner.run(
            ScriptCall(
                path: make,
                event: "make",
                input: "",
                environment: ["PATH": "/usr/bin:/bin"],
                timeout: .seconds(60)
            )
        )
        try #require(made.outcome == .delivered, "openssl: \(made.output)")
        let receiver = try await Receiver(
            directory.path + "/cert.pem",
            directory.path + "/key.pem"
        )
        try credentials(directory, "https://127.0.0.1:\(receiver.port)", "ok")
        let refused = await ScriptRunner.run(call("webhook", directory))
        #expect(refused.outcome == .failed(code: 1), "\(refused.output)")
        #expect(receiver.requests.isEmpty)
        try "cacert = \"\(directory.path)/cert.pem\"\n".write(
            toFile: "\(directory.path)/alert_webhook.curl",
            atomically: true,
            encoding: .utf8
        )
        let trusted = await ScriptRunner.run(call("webhook", directory))
        #expect(trusted.outcome == .delivered, "\(trusted.output)")
        let request = await receiver.requests(1).first
        #expect(request?.problems == [])
        #expect(request?.headers["authorization"] == "Bearer \(secretWord)")
    }

    @Test func `the transaction of a matrix message is the same for each try of it`() async throws {
        let receiver = try await Receiver()
        for _ in 0..<2 { _ = try await send("matrix", to: receiver, "ok") }
        _ = try await send("matrix", to: receiver, "ok", alert: reset(7, at: 9), firing: false)
        let ids = await receiver.requests(3).map { $0.path.split(separator: "/").last ?? "" }
        #expect(ids.count == 3)
        #expect(ids[0] == ids[1])
        #expect(ids[0] != ids[2])
    }

    @Test func `exec-log prints one line whatever the text`() async throws {
        let directory = try ScriptDirectory()
        var alert = trip(7)
        alert.summary = "a\nb `id` $(id)"
        let result = await ScriptRunner.run(call("exec-log", directory, alert: alert))
        #expect(result.output.first == "firing trip mx1.example.org/incident-7: a b `id` $(id)")
    }
}
