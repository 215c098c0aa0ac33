// SPDX-License-Identifier: Apache-2.0
//
// What scripts are given: Alertmanager's JSON, and variables that are safe to use.

import Breaker
import EventTime
import Foundation
import Settings
import TestSupport
import Testing
import Words

@testable import Paging

private let target = AlertTarget(name: "webhook", script: "/x")

private func run(_ alerts: Alert..., firing: Bool = true, key: String = "incident-7") -> Run {
    Run(
        target: target,
        members: alerts.map {
            Run.Member(key: $0.dedupKey, serial: 1, paged: at(0), first: trip(7), alert: $0)
        },
        isFiring: firing,
        dedupKey: key,
        attempt: 2
    )
}

private func payload(_ run: Run) -> Payload { Payload(run: run, host: "mx1", now: at(60)) }

private func parsed(_ text: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(object as? [String: Any])
}

@Suite struct PayloadTests {
    @Test func `a trip as the webhook has it`() {
        #expect(
            payload(run(trip(7))).message == """
                {"version":"4","groupKey":"{}:{key=\\"mx1/incident-7\\"}","truncatedAlerts":0,\
                "status":"firing","receiver":"webhook","groupLabels":{"key":"mx1/incident-7"},\
                "commonLabels":{"alertname":"ListbreakerTrip","host":"mx1","incident":"7",\
                "key":"mx1/incident-7","list":"annonce@example.org","mode":"armed",\
                "severity":"critical"},"commonAnnotations":{"began":"2027-01-15 08:00:00 UTC",\
                "copies_announced":"6000",\
                "description":"listbreaker reset 'annonce@example.org' --reason TEXT",\
                "event":"trip","rule":"storm","runbook":"man listbreaker-alerts, section trip",\
                "summary":"annonce@example.org: open (mail halted). 2 strangers answered to all"},\
                "externalURL":"","alerts":[{"status":"firing","labels":{\
                "alertname":"ListbreakerTrip","host":"mx1","incident":"7","key":"mx1/incident-7",\
                "list":"annonce@example.org","mode":"armed","severity":"critical"},\
                "annotations":{"began":"2027-01-15 08:00:00 UTC","copies_announced":"6000",\
                "description":"listbreaker reset 'annonce@example.org' --reason TEXT",\
                "event":"trip","rule":"storm","runbook":"man listbreaker-alerts, section trip",\
                "summary":"annonce@example.org: open (mail halted). 2 strangers answered to all"},\
                "startsAt":"2027-01-15T08:00:00Z","endsAt":"0001-01-01T00:00:00Z",\
                "generatorURL":"","fingerprint":"\(Payload.fingerprint([
                    "alertname": "ListbreakerTrip", "host": "mx1", "incident": "7",
                    "key": "mx1/incident-7", "list": "annonce@example.org", "mode": "armed",
                    "severity": "critical",
                ]))"}]}
                """
        )
    }

    @Test func `a site's runbook is linked, and a time is said by the wall and in UTC`() throws {
        var payload = payload(run(trip(7)))
        payload.runbookURL = "https://wiki.example.org/listbreaker#"
        payload.wall = { _ in "2027-01-15 09:00:00 CET" }
        let alerts = try #require(try parsed(payload.message)["alerts"] as? [[String: Any]])
        let annotations = try #require(alerts.first?["annotations"] as? [String: String])
        #expect(annotations["runbook_url"] == "https://wiki.example.org/listbreaker#trip")
        #expect(annotations["began"] == "2027-01-15 09:00:00 CET (2027-01-15 08:00:00 UTC)")
        let run = payload.run
        let variables = Environment(run: run, payload: payload, credentials: nil).variables
        #expect(variables["LISTBREAKER_RUNBOOK_URL"] == annotations["runbook_url"])
        #expect(variables["LISTBREAKER_BEGAN"] == annotations["began"])
        let text = try #require(variables["LISTBREAKER_TEXT_JSON"])
        #expect(text.contains("CET") && text.contains("#trip"))
    }

    @Test func `the fingerprint is Alertmanager's`() {
        // model.LabelSet{}.Fingerprint() and {"a": "b"} by FNV-1a with separators of 255.
        #expect(Payload.fingerprint([:]) == "cbf29ce484222325")
        #expect(Payload.fingerprint(["a": "b"]) != Payload.fingerprint(["a": "c"]))
        #expect(Payload.fingerprint(["ab": "c"]) != Payload.fingerprint(["a": "bc"]))
    }

    @Test func `the labels of an alert and of its end are the same`() throws {
        let begin = try parsed(payload(run(trip(7))).message)
        let end = try parsed(payload(run(reset(7, at: 90), firing: false)).message)
        #expect(end["status"] as? String == "resolved")
        let alerts = [begin, end].compactMap { ($0["alerts"] as? [[String: Any]])?.first }
        #expect(
            alerts[0]["labels"] as? [String: String] == alerts[1]["labels"] as? [String: String]
        )
        #expect(alerts[0]["fingerprint"] as? String == alerts[1]["fingerprint"] as? String)
        #expect(alerts[1]["status"] as? String == "resolved")
        #expect(alerts[1]["endsAt"] as? String == "2027-01-15T08:01:30Z")
        let native = try JSONSerialization.jsonObject(
            with: Data(payload(run(trip(7))).alerts.utf8)
        )
        let first = try #require((native as? [[String: Any]])?.first)
        #expect(first["endsAt"] as? String == "2027-02-15T08:01:00Z")
        #expect(Set(first.keys) == ["labels", "annotations", "startsAt", "endsAt", "generatorURL"])
    }

    @Test(arguments: Alert.Kind.allCases)
    func `what nothing ends is over for Alertmanager soon`(kind: Alert.Kind) throws {
        var once = alert(kind, key: "k")
        once.kind = kind
        let run = Run(
            target: target,
            members: [Run.Member(key: "k", serial: 1, paged: at(0), first: once, alert: once)],
            isFiring: true,
            dedupKey: "k",
            attempt: 1
        )
        let native = try JSONSerialization.jsonObject(with: Data(payload(run).alerts.utf8))
        let end = try #require((native as? [[String: Any]])?.first?["endsAt"] as? String)
        let isOnce = [
            .forged, .late, .softHold, .full, .daemonFailed, .unknownLists, .test,
        ].contains(kind)
        #expect(end == (isOnce ? "2027-01-15T08:16:00Z" : "2027-02-15T08:01:00Z"))
    }

    @Test func `two hosts' keys differ, and long ones stay two within the limit`() {
        #expect(
            OutwardKey.text("blind-lag", host: "mx1") != OutwardKey.text("blind-lag", host: "mx2")
        )
        let long = String(repeating: "a", count: 300)
        let keys = ["x", "y"].map { OutwardKey.text(long + $0, host: "mx1.example.org") }
        #expect(Set(keys).count == 2)
        #expect(keys.allSatisfy { $0.utf8.count <= 255 && $0.hasPrefix("mx1.example.org/aaa") })
        // What all hosts of a fleet say under one name is one matter.
        #expect(OutwardKey.text("fleet/mx1/7-1", host: "mx2") == "fleet/mx1/7-1")
        #expect(OutwardKey.text("fleet-alone", host: "mx2") == "mx2/fleet-alone")
        #expect(OutwardKey.text("a\nb", host: "h\u{1b}") == "h /a b")
    }

    @Test func `hostile text is JSON afterwards, and says the same`() throws {
        var random = SplitMix64(seed: 99)
        let nasty: [Character] = [
            "\"", "\\", "\n", "\r", "\t", "\u{0}", "\u{1}", "\u{1b}", "\u{7f}", "\u{85}",
            "\u{202e}", "\u{2067}", "\u{200f}", "\u{61c}", "\u{feff}", "\u{9b}",
            "\u{2028}", "é", "\u{1F4E7}", "<", "/", "{", "}", "a", "\u{FFFD}", "'", "$", "`",
        ]
        for _ in 0..<300 {
            let count = Int.random(in: 0...40, using: &random)
            let text = String((0..<count).map { _ in nasty.randomElement(using: &random) ?? "a" })
            var alert = trip(7)
            alert.summary = text
            alert.list = text
            alert.figures = [text: text]
            let object = try parsed(payload(run(alert)).message)
            let first = try #require((object["alerts"] as? [[String: Any]])?.first)
            let annotations = try #require(first["annotations"] as? [String: String])
            #expect(annotations["summary"] == text)
            let variables = Environment(
                run: run(alert),
                payload: payload(run(alert)),
                credentials: nil
            ).variables
            for (name, value) in variables {
                let isName = name.utf8.allSatisfy {
                    $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                }
                #expect(isName, "\(name)")
                #expect(!value.unicodeScalars.contains { $0.isUnsafe }, "\(name)")
                guard name.hasSuffix("_JSON") else {
                    #expect(value.utf8.count <= 1024)
                    continue
                }
                _ = try JSONSerialization.jsonObject(
                    with: Data(value.utf8),
                    options: .fragmentsAllowed
                )
            }
        }
    }

    @Test func `a long text is cut at a character, within its bytes`() {
        let text = String(repeating: "é\u{1F4E7}", count: 1000).oneLine(limit: 1024)
        #expect(text.utf8.count <= 1024)
        #expect(text.utf8.count > 1015)
        #expect(text.hasSuffix("…"))
        #expect("ab".oneLine(limit: 2) == "ab")
        #expect("abc".oneLine(limit: 2) == "")
    }

    @Test func `variables are complete, and the list of figures is bounded`() {
        var alert = trip(7)
        for number in 0..<100 { alert.figures["f\(number)-é"] = "\(number)" }
        let variables = Environment(
            run: run(alert),
            payload: payload(run(alert)),
            credentials: "/run/credentials/listbreakerd.service"
        ).variables
        let expected = [
            "LISTBREAKER_EVENT": "trip", "LISTBREAKER_STATUS": "firing",
            "LISTBREAKER_INCIDENT": "7", "LISTBREAKER_LIST": "annonce@example.org",
            "LISTBREAKER_SEVERITY": "critical", "LISTBREAKER_MODE": "armed",
            "LISTBREAKER_HOST": "mx1", "LISTBREAKER_TARGET": "webhook",
            "LISTBREAKER_ATTEMPT": "2", "LISTBREAKER_COUNT": "1",
            "LISTBREAKER_STARTED": "2027-01-15T08:00:00Z", "LISTBREAKER_ENDED": "",
            "LISTBREAKER_DEDUP_KEY": "mx1/incident-7",
            "LISTBREAKER_DEDUP_KEY_JSON": "\"mx1/incident-7\"",
            "LISTBREAKER_FIGURE_COPIES_ANNOUNCED": "6000",
            "CREDENTIALS_DIRECTORY": "/run/credentials/listbreakerd.service",
        ]
        for (name, value) in expected { #expect(variables[name] == value, "\(name)") }
        #expect(variables.keys.count { $0.hasPrefix("LISTBREAKER_FIGURE_") } <= 32)
    }

    @Test func `a folded page has a table, all its alerts, and stays within exec's limits`() throws
    {
        var alerts: [Alert] = []
        for number in 0..<Int64(Run.shownMembers) {
            var alert = trip(number, list: "l\(number)@example.org")
            alert.summary = String(repeating: "\u{1}", count: 1024)
            alert.advice = String(repeating: "\"", count: 1024)
            alerts.append(alert)
        }
        var run = run(alerts[0], key: "fold-1")
        run.members = alerts.map {
            Run.Member(key: $0.dedupKey, serial: 1, paged: at(0), first: $0, alert: $0)
        }
        run.truncated = run.members
        let object = try parsed(payload(run).message)
        #expect((object["alerts"] as? [Any])?.count == Run.shownMembers)
        #expect(object["truncatedAlerts"] as? Int == Run.shownMembers)
        let variables = Environment(run: run, payload: payload(run), credentials: nil).variables
        #expect(variables["LISTBREAKER_COUNT"] == "100")
        #expect(variables["LISTBREAKER_LIST"] == "")
        for (name, value) in variables {
            // execve(2): MAX_ARG_STRLEN is 131,072 with the name and the NUL.
            #expect(name.utf8.count + value.utf8.count + 2 < 131_072, "\(name)")
        }
        let native = try JSONSerialization.jsonObject(
            with: Data((variables["LISTBREAKER_ALERTS_JSON"] ?? "").utf8)
        )
        #expect((native as? [Any])?.isEmpty == false)
    }
}
