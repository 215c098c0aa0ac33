// SPDX-License-Identifier: Apache-2.0
//
// Zones against what the C library says, over two centuries of transitions, and against damage.

import EventTime
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Attended

func zoneBytes(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)").map(Array.init)
}

private let zones = [
    "Europe/Paris", "Europe/London", "America/New_York", "America/St_Johns", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Tehran", "Etc/UTC",
    "America/Nuuk", "Asia/Gaza", "Europe/Dublin", "Pacific/Kiritimati",
]

private let hasZones = zoneBytes("Europe/Paris") != nil
private let zonesAreMissing: Comment = "no zone files; install tzdata"

/// The C library's offsets, one zone after another: TZ belongs to the whole process.
@Suite(.serialized) struct ZoneRulesTests {
    @Test(.enabled(if: hasZones, zonesAreMissing), arguments: zones)
    func `offsets are those of the C library`(name: String) throws {
        let bytes = try #require(zoneBytes(name), "no zone \(name)")
        let rules = try #require(ZoneRules(file: bytes))
        _ = unsafe setenv("TZ", name, 1)
        tzset()
        var random = SplitMix64(seed: 5)
        var wrong = 0
        for _ in 0..<4_000 {
            // 1920 to 2090: beyond 2037 only the rule at the file's end speaks.
            let second = Int64.random(in: -1_577_923_200...3_786_912_000, using: &random)
            var time = time_t(second)
            var parts = unsafe tm()
            _ = unsafe localtime_r(&time, &parts)
            let expected = unsafe Int64(parts.tm_gmtoff)
            if rules.offset(at: Timestamp(seconds: second)) != expected { wrong += 1 }
        }
        _ = unsafe unsetenv("TZ")
        #expect(wrong == 0)
    }

    @Test func `TZ strings, their signs and their odd forms`() throws {
        let paris = try #require(ZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"))
        let summer = try #require(Timestamp(rfc3339: "2026-07-01T00:00:00Z"))
        let winter = try #require(Timestamp(rfc3339: "2026-12-01T00:00:00Z"))
        #expect(paris.offset(at: summer) == 7_200)
        #expect(paris.offset(at: winter) == 3_600)
        #expect(ZoneRules(posix: "<+0330>-3:30")?.offset(at: summer) == 12_600)
        #expect(ZoneRules(posix: "EST5EDT")?.offset(at: summer) == -14_400)
        // South of the equator summer runs over the new year.
        let south = ZoneRules(posix: "AEST-10AEDT,M10.1.0,M4.1.0/3")
        #expect(south?.offset(at: winter) == 39_600)
        #expect(south?.offset(at: summer) == 36_000)
        // Changes a day before or after the day that is named.
        #expect(ZoneRules(posix: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0")?.offset(at: summer) == -3_600)
        #expect(ZoneRules(posix: "XXX3YYY,J60/0,J300/167")?.offset(at: summer) == -7_200)
        for text in [
            "", "C", "CET", "CET-", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "<>1", "CET-168", "CET-1 ",
            "CET-1CEST,J366,J1", "é-1", "CET-1CEST,M3.5.0,M10.5.0/3x",
        ] {
            #expect(ZoneRules(posix: text) == nil, "\(text)")
        }
    }

    @Test(.enabled(if: hasZones, zonesAreMissing))
    func `damaged files are refused or read, never worse`() throws {
        let bytes = try #require(zoneBytes("Europe/Paris"))
        var random = SplitMix64(seed: 11)
        for _ in 0..<3_000 {
            var damaged = bytes
            if Bool.random(using: &random) {
                damaged = Array(damaged.prefix(Int.random(in: 0..<bytes.count, using: &random)))
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !damaged.isEmpty {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                damaged[place] = UInt8.random(in: 0...255, using: &random)
            }
            guard let rules = ZoneRules(file: damaged) else { continue }
            for second in [Int64.min, -1, 0, 1_800_000_000, Int64.max] {
                let offset = rules.offset(at: Timestamp(seconds: second))
                #expect(abs(offset) <= 167 * 3_600 + 3_600)
            }
        }
        #expect(ZoneRules(file: []) == nil)
        #expect(ZoneRules(file: Array("TZif2".utf8) + [UInt8](repeating: 0xff, count: 100)) == nil)
    }
}
