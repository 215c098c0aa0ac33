// SPDX-License-Identifier: Apache-2.0
//
// Whether copies take a way out past the narrowing, which goes by the default route: a transport from
// the site's transport_maps, or the relay_transport of relay_domains. Asked of Postfix itself, with
// recipients of copies that were held. The mistake to avoid: taking a route to the list manager for
// one to the outside, which every host with a list manager has.

internal import Glibc
internal import HaltWire

/// The site's own routes of one instance.
struct NarrowRoutes {
    let instance: PostfixInstance
    let patience: Patience

    /// Deadline of a question: 2 s.
    ///
    /// Chosen: a table on this host answers within 10 ms; a directory that is asked over the network and
    /// hangs must not keep a halt waiting.
    private static let deadline = Duration.seconds(2)

    /// A route past the narrowing that one of `recipients` takes, in words; nil when none is known.
    ///
    /// - Throws: ``HaltError`` when Postfix cannot be asked.
    func roundabout(_ recipients: [String]) throws(HaltError) -> String? {
        guard !recipients.isEmpty else { return nil }
        let values = try parameters(["transport_maps", "relay_domains"])
        for table in Self.words(values["transport_maps"] ?? "") where table.contains(":") {
            guard !table.contains("/listbreaker_") else { continue }
            let keys = recipients.flatMap { Self.keys(of: $0, wholly: Self.isExpression(table)) }
            for answer in try lookUp(keys, in: table) {
                let service = answer.value.prefix { $0 != ":" }
                if instance.services.outbound.contains(String(service)) {
                    return "transport_maps sends '\(answer.key)' by \(answer.value)"
                }
            }
        }
        let domains = recipients.flatMap(Self.domains)
        for word in Self.words(values["relay_domains"] ?? "") {
            if !word.contains(":"), !word.contains("/") {
                if domains.contains(word.lowercased()) { return "relay_domains has '\(word)'" }
            } else if let answer = try lookUp(domains, in: word).first {
                return "relay_domains has '\(answer.key)'"
            }
        }
        return nil
    }

    /// The words of a list of tables; what stands in braces is one.
    static func words(_ value: String) -> [String] {
        var words = [""]
        var depth = 0
        for character in value {
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            if depth == 0, character == " " || character == "," || character == "\t" {
                words.append("")
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words.filter { !$0.isEmpty }
    }

    /// Whether a table is asked for the whole address alone, transport(5).
    private static func isExpression(_ table: String) -> Bool {
        ["regexp:", "pcre:", "socketmap:", "tcp:"].contains { table.hasPrefix($0) }
    }

    /// What a transport table is asked for, transport(5).
    static func keys(of recipient: String, wholly: Bool) -> [String] {
        let address = recipient.lowercased()
        if wholly { return [address] }
        let domains = domains(of: address)
        return [address] + domains.prefix(1) + domains.dropFirst().map { ".\($0)" } + ["*"]
    }

    /// The domain of an address, and those above it.
    static func domains(of address: String) -> [String] {
        guard let at = address.lastIndex(of: "@") else { return [] }
        let labels = address[address.index(after: at)...].lowercased().split(separator: ".")
        return labels.indices.map { labels[$0...].joined(separator: ".") }
    }

    /// The keys that `table` knows, with what it says.
    func lookUp(
        _ keys: [String],
        in table: String
    ) throws(HaltError) -> [(key: String, value: String)] {
        // A table without a type is a file of patterns; postmap(1) cannot be asked about it.
        guard table.contains(":") else { return [] }
        let unique = Set(keys.filter { $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } })
        var program = Program(
            "\(PostfixInstance.commands)/postmap",
            ["-c", instance.configuration, "-q", "-", table]
        )
        program.input = Array(unique.sorted().joined(separator: "\n").utf8) + [0x0a]
        // Exit 1: it knows none of them.
        let outcome = try program.run(deadline: patience.left(most: Self.deadline))
        return outcome.text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }

    /// What main.cf says, by parameter.
    func parameters(_ names: [String]) throws(HaltError) -> [String: String] {
        let program = Program(
            "\(PostfixInstance.commands)/postconf",
            ["-c", instance.configuration, "-x"] + names
        )
        let text = try program.check(deadline: patience.left(most: Self.deadline)).text
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[parts[0].filter { $0 != " " }] = String(parts[1])
        }
        return values
    }
}

extension PostfixDriver {
    /// Held copies whose recipients are looked at: 32.
    ///
    /// Chosen: some of each list's, in one question.
    private static let samples = 32

    /// A route that copies of `lists` take past the narrowing, as far as those on hold tell.
    func roundabout(
        of lists: [BlockedList],
        in instance: PostfixInstance
    ) throws(HaltError) -> String? {
        let names = Set(lists.map(\.list))
        let queue = try open(instance)
        let held = queue.ledger.content.entries.lazy
            .filter { $0.value.list.map(names.contains) ?? false }.prefix(Self.samples)
        var recipients: Set<String> = []
        for (id, _) in held {
            _ = QueueFile.awaits(queue.path(of: id)) { recipient in
                if !instance.isLocal(recipient) { recipients.insert(recipient) }
                return recipients.count >= Self.samples
            }
        }
        let routes = NarrowRoutes(instance: instance, patience: patience)
        return try routes.roundabout(Array(recipients.sorted().prefix(Self.samples)))
    }
}
