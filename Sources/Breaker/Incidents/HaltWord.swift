// SPDX-License-Identifier: Apache-2.0
//
// How the halt of an incident, or of the queue, stands, in the words that status, pages and scripts
// have.

/// How a halt stands; the raw value is the word everywhere.
public enum HaltWord: Sendable, Equatable, RawRepresentable {
    /// Nothing is halted.
    case flowing
    /// Observe mode: nothing is halted, on purpose.
    case observed
    /// The command was given; its effect is not proven yet.
    case halting
    /// Halted, for a reason that no open incident names.
    case halted
    /// Nothing leaves.
    case verified
    /// Copies still leave, so many in the last minute.
    case leaking(perMinute: Int64)
    /// It could not be carried out: mail flows that should not.
    case notHalted
    /// The queue is being given back.
    case resuming
    /// It could not be given back.
    case resumeFailed

    private static let fixed: [Self] = [
        .flowing, .observed, .halting, .halted, .verified, .notHalted, .resuming, .resumeFailed,
    ]

    /// The halt of that word; nil when there is none.
    public init?(rawValue: String) {
        if let word = Self.fixed.first(where: { $0.rawValue == rawValue }) {
            self = word
            return
        }
        let parts = rawValue.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "min", parts[0].hasPrefix("leaking "),
            let perMinute = Int64(parts[0].dropFirst(8)), "\(perMinute)" == parts[0].dropFirst(8)
        else { return nil }
        self = .leaking(perMinute: perMinute)
    }

    /// The word.
    public var rawValue: String {
        switch self {
        case .flowing: "flowing"
        case .observed: "observe: mail flows"
        case .halting: "halting"
        case .halted: "halted"
        case .verified: "verified"
        case .leaking(let perMinute): "leaking \(perMinute)/min"
        case .notHalted: "NOT HALTED"
        case .resuming: "resuming"
        case .resumeFailed: "resume failed"
        }
    }
}
