// SPDX-License-Identifier: Apache-2.0
//
// The limits that are worked out once are those that would be worked out for each post.

import Testing

@testable import StormDetection

struct SettingsInForceTests {
    @Test func `limits of each size are those worked out anew`() throws {
        var changed = DetectionSettings()
        changed.burdenHold = try #require(BySize(parsing: "7:9 90:80 unknown:3"))
        changed.burdenTrip = try #require(BySize(parsing: "11:90 unknown:4"))
        changed.policyPosters = try #require(BySize(parsing: "13:5 2222:6"))
        changed.stormTestFloor = try #require(BySize(parsing: "17:7 3333:4"))
        changed.postsPerHour = try #require(BySize(parsing: "19:50 4444:30"))
        changed.posterPerHour = try #require(BySize(parsing: "23:40 5555:20"))
        for settings in [DetectionSettings(), changed] {
            let inForce = SettingsInForce(settings)
            var sizes: [Int64?] = [nil]
            for size: Int64 in 0..<30 { sizes.append(size) }
            for step: Int64 in [
                90, 100, 500, 1000, 2222, 3333, 4444, 5555, 10_000, 100_000, 1 << 40,
            ] {
                sizes += [step - 1, step, step + 1]
            }
            for size in sizes {
                let anew = Limits(settings, rules: nil, members: size)
                #expect(
                    String(reflecting: inForce.limits(members: size)) == String(reflecting: anew)
                )
            }
        }
    }
}
