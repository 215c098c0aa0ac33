// SPDX-License-Identifier: Apache-2.0
//
// The statistics against figures worked out by an independent program in double precision.

import EventTime
import Testing

@testable import StormDetection

struct GoldenVectorTests {
    struct Row: Sendable, CustomStringConvertible {
        var dt: Int64
        var sender: String
        var isReply: Bool
        var figures: [Double]
        var arrivals: Int64
        var description: String { "\(sender) after \(dt) s" }
    }

    /// logM, logT, threshold, replies to a new post, to a reply, arrivals a year.
    static let rows: [Row] = [
        Row(
            dt: 0,
            sender: "a",
            isReply: false,
            figures: [0.000000, 0.000000, 8.188264, 0.520000, 0.650000, 24.350000],
            arrivals: 0
        ),
        Row(
            dt: 600,
            sender: "b",
            isReply: true,
            figures: [1.285038, 1.038938, 8.593471, 0.717101, 0.520000, 36.515571],
            arrivals: 1
        ),
        Row(
            dt: 1500,
            sender: "c",
            isReply: true,
            figures: [1.895667, 1.395288, 8.880753, 0.818893, 0.513955, 48.667932],
            arrivals: 2
        ),
        Row(
            dt: 90000,
            sender: "a",
            isReply: false,
            figures: [0.026215, 0.053437, 9.063476, 0.682097, 0.514113, 58.424989],
            arrivals: 0
        ),
        Row(
            dt: 90060,
            sender: "d",
            isReply: true,
            figures: [2.268837, 1.981027, 9.246965, 0.846820, 0.441805, 70.191873],
            arrivals: 1
        ),
        Row(
            dt: 90090,
            sender: "e",
            isReply: true,
            figures: [4.884606, 4.253381, 9.401955, 0.947348, 0.435976, 81.959282],
            arrivals: 2
        ),
        Row(
            dt: 90120,
            sender: "f",
            isReply: true,
            figures: [7.277558, 6.332970, 9.401940, 0.947348, 0.435976, 81.958094],
            arrivals: 3
        ),
        Row(
            dt: 90125,
            sender: "g",
            isReply: false,
            figures: [9.226694, 9.490579, 9.401938, 0.947348, 0.435976, 81.957897],
            arrivals: 4
        ),
        Row(
            dt: 90180,
            sender: "h",
            isReply: true,
            figures: [9.505242, 9.478778, 9.401911, 0.947348, 0.435976, 81.955720],
            arrivals: 5
        ),
        Row(
            dt: 90200,
            sender: "i",
            isReply: true,
            figures: [11.885783, 11.549987, 9.401902, 0.947348, 0.435976, 81.954928],
            arrivals: 6
        ),
        Row(
            dt: 90260,
            sender: "j",
            isReply: true,
            figures: [12.643135, 12.014173, 9.401873, 0.947348, 0.435976, 81.952553],
            arrivals: 7
        ),
        Row(
            dt: 90300,
            sender: "k",
            isReply: true,
            figures: [14.323796, 13.393127, 9.401853, 0.947348, 0.435976, 81.950970],
            arrivals: 8
        ),
        Row(
            dt: 90301,
            sender: "l",
            isReply: true,
            figures: [0.000000, 0.000000, 9.536027, 0.950000, 0.466230, 93.718435],
            arrivals: 0
        ),
    ]

    @Test func `the statistics of a fresh list of 5,000 match the reference to a millionth`() {
        let limits = Limits(DetectionSettings(), rules: nil, members: 5000)
        var test = StormTest()
        var hours = WeekHours()
        var known: Set<String> = []
        var trips: [String] = []
        for row in Self.rows {
            let time = Timestamp(seconds: 1_700_000_000 + row.dt)
            let arrival = Arrival(
                time: time,
                isReply: row.isReply,
                isNovel: !known.contains(row.sender),
                members: 5000,
                knownPosters: Int64(known.count),
                surge: 1,
                bin: LocalWeek.bin(time, utcOffset: .hours(0))
            )
            known.insert(row.sender)
            let reading = test.arrive(
                arrival,
                &hours,
                learnBelow: { 0.7 * limits.threshold(arrivalsPerYear: $0) }
            )
            guard let reading else {
                Issue.record("\(row) was taken for flushed")
                continue
            }
            let branching = test.baseline.branching
            let figures = [
                reading.logMarked, reading.logTimed,
                limits.threshold(arrivalsPerYear: test.baseline.arrivalsPerYear),
                branching[0], branching[1], test.baseline.arrivalsPerYear,
            ]
            for (figure, expected) in zip(figures, row.figures) {
                #expect(abs(figure - expected) < 1e-6, "\(row): \(figure) is not \(expected)")
            }
            #expect(reading.arrivals == row.arrivals, "\(row)")
            let threshold = limits.threshold(arrivalsPerYear: reading.arrivalsPerYear)
            if reading.isStorm(threshold: threshold, floor: limits.floor) {
                trips.append(row.sender)
                test.restart()
            }
        }
        #expect(trips == ["k"])
    }

    @Test func `evidence replaces three people of the floor, and haste asks for three more`() {
        let limits = Limits(DetectionSettings(), rules: nil, members: 5000)
        #expect(limits.floor == 8)
        #expect(limits.floor(excess: 0, early: false) == 8)
        #expect(limits.floor(excess: 4, early: false) == 6)
        #expect(limits.floor(excess: 100, early: false) == 5)
        #expect(limits.floor(excess: 100, early: true) == 11)
    }

    @Test func `the upper tail of a Gamma is a sum of Poisson terms`() {
        #expect(abs(Estimate.upperTail(shape: 1, at: 1) - 0.36787944117144233) < 1e-12)
        #expect(abs(Estimate.upperTail(shape: 5, at: 3) - 0.8152632445237722) < 1e-12)
        #expect(Estimate.upperTail(shape: 400, at: 0) == 1)
        #expect(Estimate.upperTail(shape: 1, at: 1e9) == 0)
    }
}
