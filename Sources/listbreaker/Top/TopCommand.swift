// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker top`: one screen, live. Keys ask before they do anything, and do what the verbs do.

internal import ArgumentParser
internal import Breaker
internal import Control
internal import EventTime
internal import Reports
internal import Words

/// `listbreaker top`.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch it live: what is open, and the lists nearest to a trip.",
        discussion: """
            Keys: up and down choose a list, a acknowledges the oldest open incident, h lets the \
            list go on for two hours, t trips it, each after a question. q quits. COPIES/MIN \
            are those announced in the last minute, MAILS/DAY what each member got within 24 hours, \
            BEFORE the list's busiest day.
            """
    )

    @Option(
        help: ArgumentHelp("Look again after that much; 0.5s at least.", valueName: "span")
    )
    var every = SpanArgument(span: .seconds(2))

    @Flag(help: "Print one screen, and end: also where there is no terminal.")
    var once = false

    @OptionGroup var control: ControlOptions
    @Flag(help: "No colours; also $NO_COLOR.")
    var noColor = false

    func validate() throws {
        guard every.span.seconds >= 0.5 else { throw ValidationError("--every is 0.5s or more") }
    }

    func run() throws {
        if once {
            let screen = TopScreen(
                report: try look(),
                console: .output(noColour: noColor),
                lines: 24
            )
            print(screen.text.joined(separator: "\n"))
            return
        }
        let terminal = try Screen()
        defer { terminal.close() }
        try watch(terminal)
    }

    private func look() throws -> StatusReport {
        var request = ControlRequest(.status)
        request.limit = StatusText.mostAsked
        return try control.report(request, as: StatusReport.self).report
    }

    /// Draws until somebody quits; a daemon that is away is told of, and waited for.
    private func watch(_ terminal: Screen) throws {
        var screen = TopScreen(report: try look(), console: Console(), lines: 24)
        while true {
            screen.console = .output(noColour: noColor)
            screen.lines = terminal.size.lines
            terminal.draw(screen.text)
            switch terminal.next(within: every.span.seconds) {
            case .end, .key(UInt8(ascii: "q")): return
            case .key(let key):
                take(key, &screen, terminal)
                continue
            case .redraw: break
            }
            do {
                screen.report = try look()
                screen.note()
            } catch {
                screen.notice = (error as? Failure)?.message ?? "\(error)"
            }
        }
    }

    /// Does what `key` asks for, after a question.
    private func take(_ key: UInt8, _ screen: inout TopScreen, _ terminal: Screen) {
        screen.notice = nil
        switch key {
        case UInt8(ascii: "k"), 0x41 | 0x80: screen.selected = max(0, screen.selected - 1)
        case UInt8(ascii: "j"), 0x42 | 0x80:
            screen.selected = min(max(0, screen.nearest.count - 1), screen.selected + 1)
        case UInt8(ascii: "a"):
            guard
                let open = screen.report.incidents.first(where: {
                    $0.state == .open && $0.acknowledged == nil
                })
            else {
                screen.notice = "nothing open waits to be acknowledged"
                return
            }
            guard terminal.ask("Acknowledge incident \(open.number)? [y/N]") == "y" else { return }
            var request = ControlRequest(.acknowledge)
            request.incident = open.number
            screen.notice = answer(request)
        case UInt8(ascii: "h"): act(.holdOff, "Hold off 2 h", &screen, terminal)
        case UInt8(ascii: "t"): act(.trip, "Trip", &screen, terminal)
        default: break
        }
    }

    private func act(
        _ verb: ControlRequest.Verb,
        _ word: String,
        _ screen: inout TopScreen,
        _ terminal: Screen
    ) {
        guard let list = screen.chosen?.list else { return }
        let question = "\(word): \(shown(list))? The reason (none: no):"
        guard let reason = terminal.ask(question), !Self.isNo(reason) else { return }
        var request = ControlRequest(verb)
        request.list = list
        request.reason = reason
        if verb == .holdOff { request.seconds = 7200 }
        screen.notice = answer(request)
    }

    /// Whether what was typed for a reason says no: the word itself, or keys that are no text, such as arrows.
    static func isNo(_ reason: String) -> Bool {
        let word = reason.lowercased().split(separator: " ").joined(separator: " ")
        return ["", "n", "no", "q"].contains(word)
            || reason.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private func answer(_ request: ControlRequest) -> String {
        if let problem = request.problem { return problem }
        do { return try control.ask(request).message } catch {
            return (error as? Failure)?.message ?? "\(error)"
        }
    }
}

extension TopScreen {
    /// Looks kept for the curve; chosen: the widest one.
    private static let mostLooks = 120

    /// Notes what was announced, for the curves; lists that left the report are forgotten.
    mutating func note() {
        var kept: [String: [Int64]] = [:]
        for list in report.lists {
            let copies = list.windows.first?.copiesAnnounced ?? 0
            kept[list.list] = Array(((history[list.list] ?? []) + [copies]).suffix(Self.mostLooks))
        }
        history = kept
    }
}
