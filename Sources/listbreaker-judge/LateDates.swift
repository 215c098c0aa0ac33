// SPDX-License-Identifier: Apache-2.0
//
// The README's line: false trips a list-year and the answer at which injected storms trip, with
// headers and without, with Dates in time, half of them late, and all of them late. A Date is late
// where somebody's first mail waited 16 to 40 minutes, as behind greylisting.

import StormDetection

enum LateDates {
    /// Members of each list; the middle size of the other tables.
    private static let members: Int64 = 5000
    private static let shares = [(0.0, "Dates in time"), (0.5, "half late"), (1.0, "all late")]

    /// Prints the line, with what it is made of.
    static func printTable(_ lists: [RealList]) {
        let years = lists.reduce(0) { $0 + $1.years }
        print("\nFirst mails 16 to 40 minutes late, \(members) members")
        var cells: [String] = []
        for hasHeaders in [true, false] {
            let name = hasHeaders ? "with headers" : "without"
            let parts = shares.map { share, word in
                let sight = Sight(
                    hasHeaders: hasHeaders,
                    hasAges: hasHeaders,
                    members: members,
                    lateShare: share
                )
                let verdicts = FalseTrips.replay(lists, sight)
                let trips = verdicts.count { $0.action == .trip }
                let outcomes = InjectedStorms.inject(lists, sight, hasRivals: false)
                let rate = rounded(Double(trips) / years, 3)
                print(
                    "\(padded(name, 14)), \(padded(word, 13)): \(rate) false trips a list-year, hold "
                        + "\(InjectedStorms.words(outcomes.map(\.hold))), trip "
                        + "\(InjectedStorms.words(outcomes.map(\.trip)))"
                )
                return "\(rate) and \(InjectedStorms.words(outcomes.map(\.trip))) (\(word))"
            }
            cells.append("\(name) \(parts.joined(separator: ", "))")
        }
        print(
            "README: false trips a list-year and the answer at which storms trip: "
                + cells.joined(separator: "; ")
        )
    }
}
