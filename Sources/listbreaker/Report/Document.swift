// SPDX-License-Identifier: Apache-2.0
//
// A report as a value: what is said, before it is HTML or Markdown. Texts are plain; whoever renders
// them escapes them. The mistake to avoid: a text that is markup already; a stranger wrote half of it.

internal import EventTime

/// A report to be rendered.
struct Document {
    /// One part of it, in order.
    enum Part {
        case heading(String)
        case paragraph(String)
        /// Names and values.
        case facts([(name: String, value: String)])
        case table(Table)
        case curve(Curve)
        /// A draft that somebody copies, line by line.
        case letter(title: String, lines: [String])
        /// A heading under which somebody is to write.
        case blank(String)
    }

    /// Rows under titles.
    struct Table {
        var titles: [String]
        /// Which columns are numbers, by index.
        var numbers: Set<Int> = []
        var rows: [[String]]
    }

    /// What grows over time, and what happened meanwhile.
    struct Curve {
        /// A moment with a word for it.
        struct Mark {
            var time: Timestamp
            var word: String
            var tone: Tone
        }

        enum Tone: String {
            case trip, hold, reset, now
        }

        /// What the height is.
        var title: String
        /// In order of time; the heights never fall.
        var points: [(time: Timestamp, height: Int64)]
        var marks: [Mark]
        /// Where the time begins, if before the first point.
        var begin: Timestamp?
    }

    var title: String
    /// Under the title: one line.
    var subtitle: String
    var parts: [Part]
}
