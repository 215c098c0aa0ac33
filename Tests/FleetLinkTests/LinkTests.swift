// SPDX-License-Identifier: Apache-2.0
//
// The socket between daemon and carrier: who is answered, what is understood, and a round trip.

import FoundationEssentials
import Glibc
import LocalSocket
import TestSupport
import Testing

@testable import FleetLink

private func peer(_ uid: UInt32) -> Peer { Peer(uid: uid, gid: uid, pid: 1, groups: [27]) }

/// The answer to `line` asked by `uid`, where user 700 is the carrier's.
private func answer(_ line: String, uid: UInt32 = 700) async -> LinkAnswer {
    await LinkServer.response(to: Array(line.utf8), peer(uid), [700]) { request in
        LinkAnswer(refused: ["\(request.verb)"])
    }
}

@Test func `root and the carrier's user are answered, and nobody else`() async {
    for uid: UInt32 in [0, 700] {
        #expect(await answer(#"{"verb":"next"}"#, uid: uid) == LinkAnswer(refused: ["next"]))
    }
    for uid: UInt32 in [1, 701, 65_534, .max] {
        let refusal = await answer(#"{"verb":"next"}"#, uid: uid).refusal
        #expect(refusal?.contains("uid \(uid) is not the user of listbreaker-fleetd") == true)
    }
}

@Test(arguments: [
    "", "{", "[]", #"{"verb":"halt"}"#, #"{"verb":"take"}"#, #"{"verb":"take","records":[]}"#,
    #"{"verb":"take","records":[{"topic":1}]}"#,
])
func `what makes no sense reaches nobody`(_ line: String) async {
    let got = await answer(line)
    #expect(got.refusal != nil)
    #expect(got.refused == nil)
}

@Test func `a request hands over 32 records and no more`() async throws {
    let record = LinkRecord(topic: "lb/trip/a/1.0.1", text: String(repeating: "x", count: 400))
    for (count, isTaken) in [(32, true), (33, false)] {
        let request = LinkRequest(.take, records: Array(repeating: record, count: count))
        let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
        #expect((await answer(line).refusal == nil) == isTaken)
    }
}

@Test func `a request of 32 of the longest records goes over the socket and back`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/fleet.sock"
    let server = try LinkServer(path: path, allowed: [geteuid()]) { request in
        LinkAnswer(mark: LinkMark(start: 1, change: 2), keep: request.records)
    }
    try server.start()
    defer { server.stop() }
    // What JSON makes longest: each of these letters is escaped.
    let text = String(repeating: "\"", count: 8192)
    let records = (0..<32).map { LinkRecord(topic: "lb/reset/anna/\($0)", text: text) }
    let got = try LinkClient(path: path).ask(LinkRequest(.take, records: records))
    #expect(got.keep == records)
    #expect(got.mark == LinkMark(start: 1, change: 2))
}

@Test func `what was seen goes to the carrier as it was written`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/fleet.sock"
    let facts = LinkRecord(topic: "lb/facts/mx1", text: "listbreaker-facts 1\nfact: post \"x\"\n")
    let server = try LinkServer(path: path, allowed: [geteuid()]) { request in
        request.verb == .facts ? LinkAnswer(facts: facts) : LinkAnswer(refusal: "what?")
    }
    try server.start()
    defer { server.stop() }
    #expect(try LinkClient(path: path).ask(LinkRequest(.facts)).facts == facts)
}

@Test func `a daemon that is away is an error in words`() throws {
    let scratch = try Scratch()
    let error = #expect(throws: LinkError.self) {
        try LinkClient(path: scratch.path + "/none.sock").ask(LinkRequest(.next))
    }
    #expect(error?.description.contains("none.sock") == true)
}
