// SPDX-License-Identifier: Apache-2.0
//
// Every scenario of seeds/ can be read, says in its own words what it is, and holds what it promises:
// a storm where a trip is expected, none where it is not.

import EventTime
import Glibc
import Testing

@testable import StormSimulator

struct SeedsTests {
    /// The folder beside Sources and Tests.
    static let folder: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/seeds"
    }()

    static let names: [String] = {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let item = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &item.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name.hasSuffix(".scenario") { names.append(name) }
        }
        return names.sorted()
    }()

    private func text(_ name: String) -> String {
        guard let file = unsafe fopen(Self.folder + "/" + name, "r") else { return "" }
        defer { unsafe fclose(file) }
        var room = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe fread(&room, 1, room.count, file)
        return String(decoding: room[..<count], as: UTF8.self)
    }

    @Test func `the storms of the past and the innocents are there`() {
        #expect(Self.names.count >= 75)
        #expect(Self.names.contains("softmap-weekend.scenario"))
    }

    @Test(arguments: names)
    func `a scenario explains itself and holds what it promises`(name: String) throws {
        let text = text(name)
        #expect(text.hasPrefix("# "))
        let scenario = try Scenario(text: text, path: name)
        #expect(!scenario.title.isEmpty)
        #expect(!scenario.expectations.isEmpty)
        let posts = Simulation(scenario).posts
        let storming = posts.count { post in post.isStorm }
        for expected in scenario.expectations + scenario.expectationsWithoutHeaders {
            if let list = expected.list {
                #expect(scenario.lists.contains { known in known.address == list })
            }
            let needsStorm = [.trip, .hold, .leak].contains(expected.kind)
            let isStorm = storming >= 4 || name.hasPrefix("compromised")
            // HR's letter, parents, and mailboxes of this host storm their own list, and others' mail flows.
            let isOwn = [
                "reply-to-confirm.scenario", "local-only.scenario", "mixed-members.scenario",
                "school-closed.scenario",
            ].contains(name)
            #expect(needsStorm == isStorm || isOwn, "\(expected)")
        }
    }

    @Test func `SoftMap's weekend has 5 to 20 posts an hour from Friday to Monday`() throws {
        let scenario = try Scenario(text: text("softmap-weekend.scenario"), path: "softmap")
        let storm = Simulation(scenario).posts.filter(\.isStorm)
        let first = try #require(storm.first)
        let last = try #require(storm.last)
        #expect(first.time.rfc3339.hasPrefix("2026-11-20T1"))
        let outsiders = Double(storm.count(where: \.isOutsider)) / Double(storm.count)
        #expect((0.1...0.2).contains(outsiders))
        let answers = Double(storm.count { $0.parent != nil }) / Double(storm.count)
        #expect((0.35...0.45).contains(answers))
        #expect(last.time.rfc3339.hasPrefix("2026-11-23T0"))
        let perHour = Double(storm.count) / ((last.time - first.time).seconds / 3600)
        #expect((5...20).contains(perHour))
    }
}
