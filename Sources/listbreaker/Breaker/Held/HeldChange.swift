// SPDX-License-Identifier: Apache-2.0
//
// A change of held mail, from what was typed to the end of its progress.

internal import ArgumentParser
internal import Control
internal import Glibc
internal import Reports

/// A change of held mail: what it comes to is said, and on a terminal asked, before it is done.
struct HeldChange {
    /// Releases and discards that the daemon takes at a time; the next one waits.
    private static let most = 90

    var mail: HeldMailArguments
    var options: HeldChangeOptions
    var control: ControlOptions
    var form: OutputOptions

    /// Asks for `verb` of each thing that is meant; `fill` says more of a request.
    func run(_ verb: ControlRequest.Verb, _ fill: (inout ControlRequest) -> Void) throws {
        let names = try HeldMailArguments.read(mail.names)
        let isAsked = !options.yes && Console.isInteractive
        var wanted = names.map { HeldMail($0) } + (mail.queue ? [.queue] : [])
        // What cannot be asked of the daemon is told before it is looked at.
        for one in wanted { _ = try one.request(verb, reason: options.reason) }
        if isAsked || mail.all || names.contains(where: { $0.contains("*") }) {
            let report = try control.report(ControlRequest(.held), as: HeldReport.self).report
            wanted =
                try mail.all
                ? HeldMail.all(in: report, byPost: verb == .discardHeld)
                : HeldMail.meant(by: names, in: report) + (mail.queue ? [.queue] : [])
            guard !wanted.isEmpty else {
                throw Failure(code: ControlCode.failed, message: "nothing is on hold")
            }
            let numbers = HeldNumbers.lines(of: wanted, in: report)
            if !form.json { numbers.forEach(Console.note) }
        }
        let question = verb == .discardHeld ? "Save and delete it?" : "Release it?"
        if isAsked, !Console.confirms(question) {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
        for (place, one) in wanted.enumerated() {
            var request = try one.request(verb, reason: options.reason)
            fill(&request)
            if place >= Self.most { try waitForRoom() }
            try control.command(request, form)
        }
        if !options.noWait { try ClearingProgress(control: control, form: form).watch() }
    }

    /// Of many posts, those that are done make room for the next.
    private func waitForRoom() throws {
        while true {
            let report = try control.report(.briefStatus, as: StatusReport.self).report
            if report.queue.clearings.count < Self.most { return }
            usleep(500_000)
        }
    }
}
