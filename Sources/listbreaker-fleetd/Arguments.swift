// SPDX-License-Identifier: Apache-2.0
//
// The words of the command line, without a library: the program is small, and holds a key.

import Fleet
import Glibc

/// What is to be done.
enum Errand: Equatable {
    /// Carry records, for ever.
    case carry
    /// Tell how the fleet stands.
    case status
    /// Reset one list, or the queue, in the whole fleet.
    case reset
    /// Reset all that one host tripped and nobody reset.
    case forget
    /// Order some hosts to halt mail at a trip, or only to watch.
    case order(HostMode)
}

/// The command line, read.
struct Arguments {
    static let usage = """
        usage: listbreaker-fleetd [--fleet FILE]
               listbreaker-fleetd status [--fleet FILE]
               listbreaker-fleetd reset LIST|--queue --held keep|release|discard --reason TEXT
                                  --operator NAME [--rate COPIES] [--certificate FILE] [--key FILE]
                                  [--fleet FILE]
               listbreaker-fleetd forget HOST --reason TEXT --operator NAME [--certificate FILE]
                                  [--key FILE] [--fleet FILE]
               listbreaker-fleetd armed|observe HOST... --reason TEXT --operator NAME [--certificate FILE]
                                  [--key FILE] [--fleet FILE]
        """

    var errand = Errand.carry
    var fleet = FleetSettings.path
    /// The list; of `forget` the host.
    var list: String?
    /// The hosts of an order.
    var hosts: [String] = []
    var isQueue = false
    var held: FleetReset.Held?
    var rate: Int64?
    var reason = ""
    var operatorName = ""
    var certificate: String?
    var key: String?

    /// Reads `words`; nil where they make no sense.
    init?(_ words: some Sequence<String>) {
        var words = Array(words)[...]
        switch words.first {
        case "status": errand = .status
        case "reset": errand = .reset
        case "forget": errand = .forget
        default:
            if let mode = words.first.flatMap({ HostMode(rawValue: $0) }) { errand = .order(mode) }
        }
        if errand != .carry { words.removeFirst() }
        while let word = words.popFirst() {
            if isOrdering, !word.hasPrefix("-") {
                hosts.append(word)
                continue
            }
            if isSaying, !word.hasPrefix("-"), list == nil {
                list = word.lowercased()
                continue
            }
            if errand == .reset, word == "--queue" {
                isQueue = true
                continue
            }
            guard let value = words.popFirst(), take(word, value) else { return nil }
        }
        guard isSaying else { return }
        guard !isOrdering else {
            guard !hosts.isEmpty, hosts.allSatisfy({ HostName.isValid($0) }), !reason.isEmpty,
                HostName.isValid(operatorName)
            else { return nil }
            return
        }
        if errand == .forget { held = held ?? .keep }
        guard (list != nil) != isQueue, held != nil, !reason.isEmpty,
            HostName.isValid(operatorName)
        else { return nil }
    }

    /// Whether something is said to all in a person's name.
    private var isSaying: Bool { errand == .reset || errand == .forget || isOrdering }
    private var isOrdering: Bool { if case .order = errand { true } else { false } }

    private mutating func take(_ word: String, _ value: String) -> Bool {
        if word == "--fleet" {
            fleet = value
            return true
        }
        guard isSaying else { return false }
        switch word {
        case "--held":
            held = FleetReset.Held(rawValue: value)
            return held != nil
        case "--rate":
            rate = Int64(value)
            return rate.map { $0 >= 0 } ?? false
        case "--reason": reason = value
        case "--operator": operatorName = value
        case "--certificate": certificate = value
        case "--key": key = value
        default: return false
        }
        return true
    }
}
