// SPDX-License-Identifier: Apache-2.0
//
// The progress of a metered release, on a terminal. It only watches: the daemon goes on whether
// somebody looks or not, and stops by itself when the storm comes back.

internal import Breaker
internal import Control
internal import Glibc
internal import Reports
internal import Words

/// Watches held mail on its way out.
struct ClearingProgress {
    var control: ControlOptions
    var form: OutputOptions

    /// Shows a bar until nothing is under way; returns at once where there is no terminal.
    func watch() throws {
        guard !form.json, isatty(STDOUT_FILENO) == 1 else { return }
        var last: [ClearingStatus] = []
        while true {
            let (report, _) = try control.report(.briefStatus, as: StatusReport.self)
            // A post of a list that stays stopped is looked for until the list is reset: nothing of it is
            // left on hold now.
            let now = report.queue.clearings.filter { $0.left != 0 }
            guard !now.isEmpty else {
                Self.draw("")
                print(Self.end(last, report))
                return
            }
            last = now
            Self.draw(Self.line(now, width: form.console.width))
            usleep(500_000)
        }
    }

    /// The bar over all that is under way.
    static func line(_ clearings: [ClearingStatus], width: Int) -> String {
        let messages = clearings.reduce(0) { $0 + $1.messages }
        let copies = clearings.reduce(0) { $0 + $1.copies }
        let isWaiting = clearings.contains { $0.left == nil }
        let left = clearings.reduce(0) { $0 + ($1.left ?? 0) }
        let total = messages + left
        let share = total > 0 ? Double(messages) / Double(total) : 0
        let verb = clearings.contains { $0.action == .release } ? "releasing" : "discarding"
        var text =
            isWaiting
            ? " " + messages.counting("message")
            : " \(messages.grouped) of \(total.counting("message"))"
        text += ", " + copies.counting("copy", "copies")
        if let rate = clearings.map(\.rate).max(), rate > 0 {
            text += ", \(StateWords.count(rate))/min"
        }
        let room = max(10, min(40, width - columns(text) - verb.count - 5))
        let full = min(room, Int((share * Double(room)).rounded(.down)))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: room - full)
        return clipped("\(verb) [\(bar)]\(text)", to: width)
    }

    private static func end(_ last: [ClearingStatus], _ report: StatusReport) -> String {
        let messages = last.reduce(0) { $0 + $1.messages + ($1.left ?? 0) }
        if report.incidents.contains(where: { $0.state == .open }) {
            return "a breaker is open; see listbreaker status"
        }
        let done = messages > 0 ? "done: " + messages.counting("message") : "done"
        guard let undecided = report.queue.undecided, undecided > 0 else { return done }
        return done
            + "; \(undecided.counting("message")) \(undecided == 1 ? "stays" : "stay") on hold, undecided: "
            + "listbreaker held"
    }

    /// Replaces the line that the cursor stands in.
    private static func draw(_ line: String) {
        print("\r\u{1B}[K\(line)", terminator: "")
        fflush(nil)
    }
}
