// SPDX-License-Identifier: Apache-2.0
//
// The drill: trips, posts, holds, verifies, pages and resumes on a list that does not exist, and
// says how long each step took. It goes the way of a real trip of one list, and halts nothing else:
// the daemon knows the drill's list by its name, holds that list's mail alone, and pages nobody for
// it but by the trial. The mistake to avoid: leaving the breaker open because a step failed.

internal import ArgumentParser
internal import Breaker
internal import Control
internal import Glibc
internal import Words

/// `listbreaker drill`: prove that halting works here.
struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Prove that halting works here, on a list that does not exist.",
        discussion: """
            Trips the list 'listbreaker-drill@HOST', posts one message of it to an address that \
            nobody has, waits until the message is on hold and the halt is verified, sends a trial \
            page, discards the message and resets. It prints the milliseconds of each step.

            It proves: the daemon reads this host's mail log, orders a hold and gets an answer; the \
            actuator may hold and delete here; pages get out. It does not halt the whole queue, \
            and so does not prove that part.

            Refused in observe mode, and while anything is open or being given back.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Who the message is for, when an address in 192.0.2.0/24 will not do: somebody "
                + "whose mail is thrown away.",
            valueName: "address"
        )
    )
    var recipient = "nobody@[192.0.2.1]"

    @Flag(help: "Send no trial page.")
    var noPage = false

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var drill = Drill(control: control, recipient: recipient, pages: !noPage)
        let outcome = drill.run()
        if form.json {
            print(try Wire.write(outcome))
        } else {
            print(outcome.text)
        }
        guard outcome.passed else { throw Failure(code: ControlCode.failed, message: outcome.end) }
    }
}

/// What a drill found; `--json` prints it.
struct DrillOutcome: Encodable, Equatable {
    /// One step.
    struct Step: Encodable, Equatable {
        /// `look`, `trip`, `post`, `hold`, `verify`, `page`, `reset`.
        var name: String
        /// How long it took.
        var milliseconds: Double
        /// What was found, in words.
        var found: String
    }

    var version = 1
    /// Whether every step did what it should.
    var passed = false
    /// The list that was tripped.
    var list: String
    /// The steps that were begun, in order.
    var steps: [Step] = []
    /// How it ended, in words.
    var end = ""

    /// For people: a line a step.
    var text: String {
        let lines = steps.map { step in
            let time = StateWords.decimal(step.milliseconds)
            return String(repeating: " ", count: max(0, 10 - time.count)) + "\(time) ms  "
                + step.name + String(repeating: " ", count: max(1, 8 - step.name.count))
                + shown(step.found)
        }
        return (lines + [end]).joined(separator: "\n")
    }
}
