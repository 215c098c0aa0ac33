// SPDX-License-Identifier: Apache-2.0
//
// Words of reports: those that we know are cases, others are kept as they are, and a subject is read
// by its name.

import Breaker
import Foundation
import Reports
import StormDetection
import Testing

private func read<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data("[\"\(text)\"]".utf8))
}

private func written(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
}

@Test(arguments: [
    "flowing", "observe: mail flows", "halting", "halted", "verified", "leaking 12/min",
    "NOT HALTED", "resuming", "resume failed",
])
func `every word for a halt is a case, and is written as it was read`(word: String) throws {
    let halt = try #require(try read([Word<HaltWord>].self, word).first)
    #expect(halt.known != nil && halt.text == word)
    #expect(
        try JSONDecoder().decode([Word<HaltWord>].self, from: JSONEncoder().encode([halt])) == [
            halt
        ]
    )
}

@Test(arguments: [
    "", "verifie", "VERIFIED", "leaking", "leaking /min", "leaking x/min", "leaking 1/h",
    "leaking +1/min", "leaking 1/min/min", "leaking 99999999999999999999/min", "not halted",
])
func `a word that we do not know is no case, and is kept`(word: String) throws {
    let halt = try #require(try read([Word<HaltWord>].self, word).first)
    #expect(halt == .other(word) && halt.known == nil && halt != .verified)
    #expect(halt.text == word)
}

@Test func `a number that stands for a word is refused`() {
    #expect(throws: (any Error).self) {
        try JSONDecoder().decode([Word<BreakerState>].self, from: Data("[1]".utf8))
    }
}

@Test(arguments: [
    ("queue", Subject.queue), ("a@example.org", .list("a@example.org")),
    ("sender:ann", .sender("ann")), ("listbreaker-drill@host", .drill("host")),
])
func `a subject is read and written by its name`(name: String, subject: Subject) throws {
    let found = try read([ByName].self, name)
    #expect(found.map(\.wrappedValue) == [subject])
    #expect(try written(found) == "[\"\(name)\"]")
}
