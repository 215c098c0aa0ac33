// SPDX-License-Identifier: Apache-2.0
//
// A curve as SVG within a page: steps, for copies are announced post by post, with marks. Colours are
// the page's classes, so that it is read in the dark and on paper.

internal import EventTime
internal import Words

/// Draws a curve.
struct CurveDrawing {
    let curve: Document.Curve

    // A frame of 720 x 240 units, which the page scales; chosen.
    private static let width = 720.0
    private static let height = 240.0
    private static let left = 8.0
    private static let right = 8.0
    private static let top = 48.0
    private static let bottom = 30.0

    private var times: [Timestamp] {
        curve.points.map(\.time) + curve.marks.map(\.time) + [curve.begin].compactMap { $0 }
    }
    private var first: Timestamp { times.min() ?? .distantPast }
    private var last: Timestamp { times.max() ?? .distantPast }
    private var most: Int64 { max(1, curve.points.map(\.height).max() ?? 1) }

    private func x(_ time: Timestamp) -> Double {
        let span = max(1, (last - first).seconds)
        let room = Self.width - Self.left - Self.right
        return Self.left + (time - first).seconds / span * room
    }

    private func y(_ height: Int64) -> Double {
        let room = Self.height - Self.top - Self.bottom
        return Self.height - Self.bottom - Double(height) / Double(most) * room
    }

    /// A length with one digit behind the point: no locale, and never an exponent.
    private static func number(_ value: Double) -> String {
        let tenths = Int((min(max(value, -10_000), 10_000) * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    private func point(_ time: Timestamp, _ height: Int64) -> String {
        "\(Self.number(x(time))) \(Self.number(y(height)))"
    }

    /// The figure; nothing where there is no post.
    var svg: String {
        guard let begin = curve.points.first else { return "" }
        var steps = "M \(point(first, 0)) L \(point(begin.time, 0))"
        var before: Int64 = 0
        for (time, height) in curve.points {
            steps += " L \(point(time, before)) L \(point(time, height))"
            before = height
        }
        steps += " L \(point(last, before))"
        let area = steps + " L \(point(last, 0)) Z"
        let base = Self.number(y(0))
        let label = "\(curve.title): \(most.grouped)"
        return """
            <figure><svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" \
            aria-label="\(HTMLText.escaped(label))">
            <path class="area" d="\(area)"/><path class="line" d="\(steps)"/>
            <path class="axis" d="M \(Self.number(Self.left)) \(base) H \(Self.number(Self.width - Self.right))"/>
            \(curve.marks.enumerated().map(mark).joined(separator: "\n"))
            \(text(Self.left, Self.height - 8, first.rfc3339, "start"))
            \(text(Self.width - Self.right, Self.height - 8, last.rfc3339, "end"))
            </svg><figcaption>\(HTMLText.escaped(label))</figcaption></figure>

            """
    }

    private func text(_ x: Double, _ y: Double, _ time: String, _ anchor: String) -> String {
        "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\">"
            + HTMLText.escaped(StateWords.briefTime(time)) + "</text>"
    }

    /// A line from top to bottom with its word, alternately higher and lower: marks stand close.
    private func mark(_ number: Int, _ mark: Document.Curve.Mark) -> String {
        let x = x(mark.time)
        let isLeft = x > Self.width * 0.75
        let height = 16 + Double(number % 2) * 20
        return
            "<g class=\"\(mark.tone.rawValue)\"><path d=\"M \(Self.number(x)) \(Self.number(height + 4)) "
            + "V \(Self.number(y(0)))\"/><text x=\"\(Self.number(isLeft ? x - 4 : x + 4))\" "
            + "y=\"\(Self.number(height))\" text-anchor=\"\(isLeft ? "end" : "start")\">"
            + HTMLText.escaped(mark.word) + "</text></g>"
    }
}
