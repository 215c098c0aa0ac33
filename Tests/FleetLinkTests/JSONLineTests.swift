// SPDX-License-Identifier: Apache-2.0
//
// Our JSON against Foundation's: what one writes the other reads, and neither reads what is none.

import FoundationEssentials
import Reports
import Testing

@testable import FleetLink

struct JSONLineTests {
    private static let texts = [
        "", "plain", "quote \" backslash \\ slash /",
        "line\nfeed\ttab\r\u{8}\u{c}\u{0}\u{1f}\u{7f}",
        "é 漢字 😀 \u{202e}", String(repeating: "x", count: 9000), "\u{fffd}\u{10ffff}",
    ]

    private static var requests: [LinkRequest] {
        var view = CarrierView()
        view.brokers = [
            BrokerView(name: "b1:8883", isConnected: true),
            BrokerView(name: "b2:8883", isConnected: false, trouble: texts[3]),
        ]
        view.hosts = ["mx1", "mx2"]
        view.certificateEnd = -1
        return [
            LinkRequest(.facts),
            LinkRequest(.next, seen: LinkMark(start: .max, change: 0), view: view),
            LinkRequest(.take, records: texts.map { LinkRecord(topic: "lb/trip/\($0)", text: $0) }),
        ]
    }

    private static var answers: [LinkAnswer] {
        var status = FleetStatus(host: "mx1", alone: texts[4], hosts: ["mx1"])
        status.modes = [
            HostModeStatus(host: "mx1", mode: "armed", time: "", order: nil, refusal: texts[2])
        ]
        return [
            LinkAnswer(), LinkAnswer(refusal: texts[2]), LinkAnswer(status: status),
            LinkAnswer(mark: LinkMark(start: 1, change: .max), keep: [], refused: texts),
        ]
    }

    private func agree<Value: Codable & Equatable>(_ value: Value) throws {
        let ours = try JSONLine.write(value)
        #expect(!ours.contains(UInt8(ascii: "\n")))
        #expect(try JSONDecoder().decode(Value.self, from: Data(ours)) == value)
        #expect(try JSONLine.read(Value.self, Array(try JSONEncoder().encode(value))) == value)
        #expect(try JSONLine.read(Value.self, ours) == value)
    }

    @Test func `what ours writes Foundation's reads, and the other way`() throws {
        for request in Self.requests { try agree(request) }
        for answer in Self.answers { try agree(answer) }
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "nul", "tru", "\"", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]",
        "[1 2]", "{\"a\":1}x", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "+1",
        "-",
        "1e", "\"a\nb\"", "{1:2}", "'a'", "[1]]", "\"\u{0}\"",
    ])
    func `what is no JSON is none`(text: String) {
        #expect(JSONTree(Array(text.utf8)) == nil)
    }

    @Test func `bytes that are no UTF-8, and what is too deep, are refused`() {
        #expect(JSONTree([0x22, 0xff, 0x22]) == nil)
        #expect(JSONTree([0x22, 0xed, 0xa0, 0x80, 0x22]) == nil)
        for levels in [17, 1000, 1_000_000] {
            #expect(JSONTree(Array(repeating: UInt8(ascii: "["), count: levels)) == nil)
        }
        let deep = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        #expect(JSONTree(Array(deep.utf8)) != nil)
    }

    @Test func `a number that does not fit, and a field of another kind, are refused`() {
        for text in [
            #"{"verb":"next","seen":{"start":-1,"change":1}}"#,
            #"{"verb":"next","seen":{"start":18446744073709551616,"change":1}}"#,
            #"{"verb":"next","seen":{"start":1.5,"change":1}}"#, #"{"verb":1}"#,
            #"{"verb":["next"]}"#,
            #"{"verb":"next","view":{"hosts":"mx1","brokers":[]}}"#, #"[{"verb":"next"}]"#, "null",
        ] {
            #expect(throws: (any Error).self) {
                try JSONLine.read(LinkRequest.self, Array(text.utf8))
            }
        }
        let known =
            #" { "verb" : "next" , "more" : { "a" : [ 1 , null , -2.5e3 ] } , "seen" : null } "#
        #expect((try? JSONLine.read(LinkRequest.self, Array(known.utf8))) == LinkRequest(.next))
    }

    @Test func `of a line that is spoilt anywhere Foundation's makes the same, or nothing`() throws
    {
        let line = try JSONLine.write(Self.requests[1])
        for place in line.indices {
            for byte in [0, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x7b, 0x7d, 0x80, 0xff] as [UInt8] {
                var spoilt = line
                spoilt[place] = byte
                let ours = try? JSONLine.read(LinkRequest.self, spoilt)
                let theirs = try? JSONDecoder().decode(LinkRequest.self, from: Data(spoilt))
                #expect(ours == nil || ours == theirs, "byte \(byte) at \(place)")
            }
        }
    }
}
