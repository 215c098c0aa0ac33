// SPDX-License-Identifier: Apache-2.0
//
// How long one command may take in all. Whoever asked waits only so long, and must be told what
// was done by then: a program of the mail server that hangs is killed early enough for the answer
// to be in time. The mistake to avoid: adding up the deadlines of the steps, each sensible alone.

internal import HaltWire

/// The end of a command, shared by its steps.
struct Patience {
    private let end: ContinuousClock.Instant

    /// What any step gets even when the time is over: 1 s.
    ///
    /// Chosen: what does not hang takes less, and a step is never skipped.
    static let least = Duration.seconds(1)
    /// The time for all steps when nobody said how long they wait: 60 s.
    ///
    /// Chosen. Measured: 20,000 messages are held and looked through in 3 s.
    static let usual = Duration.seconds(60)

    /// Patience until `length` from now.
    init(_ length: Duration = usual) { end = .now + length }

    /// What is left for one step that gets at most `most`.
    func left(most: Duration = usual) -> Duration {
        min(max(end - .now, Self.least), most)
    }
}
