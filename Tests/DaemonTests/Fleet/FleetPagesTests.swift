// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Daemon

/// Whose turn it is to page: nobody shares a place with another, and no place is left out.
struct FleetPagesTests {
    private static let hosts = ["j1", "j2", "mx1", "mx2", "mx3"]

    private func place(
        _ host: String,
        owner: String,
        judges: [String] = ["j1", "j2"],
        hosts: [String] = hosts
    ) -> Int {
        FleetPages.place(
            of: host,
            isJudge: host.hasPrefix("j"),
            isOwn: host == owner,
            hosts: hosts,
            judges: judges
        )
    }

    @Test func `judges come first, then who tripped, then the others by name`() {
        let order = Self.hosts.sorted { place($0, owner: "mx2") < place($1, owner: "mx2") }
        #expect(order == ["j1", "j2", "mx2", "mx1", "mx3"])
        let places = Self.hosts.map { place($0, owner: "mx2") }
        #expect(Set(places).count == places.count && places.contains(0))
    }

    @Test func `a judge that is gone leaves its place to the next`() {
        #expect(place("j2", owner: "mx2", judges: ["j2"], hosts: ["j2", "mx1", "mx2"]) == 0)
        #expect(place("mx2", owner: "mx2", judges: [], hosts: ["mx1", "mx2"]) == 0)
        #expect(place("mx1", owner: "mx2", judges: [], hosts: ["mx1", "mx2"]) == 1)
    }

    @Test func `a judge that does not hear of itself yet has a place all the same`() {
        #expect(place("j1", owner: "mx2", judges: [], hosts: []) == 0)
        #expect(place("mx2", owner: "mx2", judges: [], hosts: []) == 0)
        #expect(place("mx1", owner: "mx2", judges: [], hosts: []) > 0)
    }
}
