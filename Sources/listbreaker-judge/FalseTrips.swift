// SPDX-License-Identifier: Apache-2.0
//
// Replays streams in which no storm is known and lists every trip, from the first post of each
// list on; nothing is left out as learning time.

import EventTime
import ListTraffic
import StormDetection

enum FalseTrips {
    static let sights: [Sight] = [500, 5000, 50_000].flatMap { members in
        [(true, true), (true, false), (false, true), (false, false)].map {
            Sight(hasHeaders: $0.0, hasAges: $0.1, members: members)
        }
    }

    static func printTable(_ lists: [RealList]) {
        print("\nFalse trips on real traffic")
        let years = lists.reduce(0) { $0 + $1.years }
        for sight in sights {
            let verdicts = replay(lists, sight)
            let trips = verdicts.filter { $0.action == .trip }
            let holds = verdicts.count - trips.count
            print(
                "\(padded(sight.label, 38)): \(trips.count) trips, "
                    + "\(rounded(Double(trips.count) / years, 4)) a list-year; "
                    + "\(rounded(Double(holds) / years, 3)) soft holds a list-year"
                    + counts(verdicts.filter { $0.action == .softHold })
            )
            for trip in trips {
                print(
                    "    \(trip.list) \(trip.time.rfc3339) \(trip.rule.rawValue): "
                        + trip.evidence.summary
                )
            }
        }
        printRivals(lists, years)
    }

    /// What the limits that others have would have done.
    static func printRivals(_ lists: [RealList], _ years: Double) {
        print("\nOther rules on the same streams, false trips a list-year")
        for rival in Rival.all {
            let trips = lists.reduce(0) { $0 + rival.trips($1.rows) }
            print("\(padded(rival.name, 38)): \(rounded(Double(trips) / years, 2))")
        }
        let alarms = lists.reduce(0) {
            $0 + MovingAverage.alarms($1.rows, limit: MovingAverage.usualLimit)
        }
        print("\(padded("EWMA, 3 sigma", 38)): \(rounded(Double(alarms) / years, 2))")
    }

    private static func counts(_ verdicts: [Verdict]) -> String {
        let groups = Dictionary(grouping: verdicts) { $0.rule.rawValue }
        return groups.keys.sorted().map { ", \(groups[$0]?.count ?? 0) \($0)" }.joined()
    }

    /// All lists in one detector, in time order, as a server would see them.
    static func replay(_ lists: [RealList], _ sight: Sight) -> [Verdict] {
        var watchers = lists.enumerated().map {
            Watcher(
                name: $1.name,
                index: Int32($0),
                sight: sight,
                settings: DetectionSettings()
            )
        }
        var detector = StormDetector(settings: DetectionSettings())
        var places = lists.map { _ in 0 }
        var order: [(time: Int64, list: Int)] = []
        for (place, list) in lists.enumerated() {
            order += list.rows.map { ($0.time, place) }
        }
        order.sort { ($0.time, $0.list) < ($1.time, $1.list) }
        var verdicts: [Verdict] = []
        for (_, list) in order {
            let row = lists[list].rows[places[list]]
            places[list] += 1
            swap(&watchers[list].detector, &detector)
            if let verdict = watchers[list].post(row), verdict.isContinued != true {
                verdicts.append(verdict)
            }
            swap(&watchers[list].detector, &detector)
        }
        return verdicts
    }
}
