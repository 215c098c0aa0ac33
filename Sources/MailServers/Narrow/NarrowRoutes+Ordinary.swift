// SPDX-License-Identifier: Apache-2.0
//
// The way that mail to the outside takes where nothing says otherwise, and who has another one. Asked
// of postconf(1) and of the site's tables. What cannot be told is refused: a copy on a wrong way is worse
// than one that waits.

internal import HaltWire

extension NarrowRoutes {
    /// The default transport and its next hop, as a queue file names them.
    ///
    /// - Throws: ``HaltError`` where it depends on the sender, or cannot be told.
    func ordinary() throws(HaltError) -> String {
        let values = try parameters([
            "default_transport", "relayhost", "default_filter_nexthop",
            "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps",
        ])
        let routes = Self.words(values["sender_dependent_default_transport_maps"] ?? "")
            .filter { !$0.contains("/listbreaker_") }
        let hosts = Self.words(values["sender_dependent_relayhost_maps"] ?? "")
        guard routes.isEmpty, hosts.isEmpty else { throw unknown("it depends on the sender") }
        let transport = Self.words(values["default_transport"] ?? "").first ?? ""
        guard !transport.isEmpty else { throw unknown("there is no default_transport") }
        if let colon = transport.firstIndex(of: ":"),
            transport.index(after: colon) < transport.endIndex
        {
            return transport
        }
        let name = transport.prefix { $0 != ":" }
        let host = Self.words(values["relayhost"] ?? "").first ?? ""
        guard !host.isEmpty || Self.words(values["default_filter_nexthop"] ?? "").isEmpty else {
            throw unknown("default_filter_nexthop is set")
        }
        return "\(name):\(host)"
    }

    /// Those of `recipients` that do not take it.
    ///
    /// - Throws: ``HaltError`` where a table cannot be asked.
    func special(_ recipients: [String]) throws(HaltError) -> Set<String> {
        guard !recipients.isEmpty else { return [] }
        let domainLists = [
            "mydestination", "relay_domains", "virtual_mailbox_domains", "virtual_alias_domains",
        ]
        let values = try parameters(["transport_maps"] + domainLists)
        var keys: [String: [String]] = [:]
        for recipient in recipients {
            keys[recipient] = NarrowRoutes.keys(of: recipient, wholly: false)
        }
        var known: Set<String> = []
        for table in Self.words(values["transport_maps"] ?? "")
        where !table.contains("/listbreaker_") {
            try note(Array(keys.values.joined()), in: table, &known)
        }
        let domains = Set(recipients.flatMap(Self.domains))
        for word in domainLists.flatMap({ Self.words(values[$0] ?? "") })
        where !word.contains("/listbreaker_") {
            if word.contains(":") || word.contains("/") {
                try note(Array(domains), in: word, &known)
            } else {
                known.insert(word.lowercased())
            }
        }
        return Set(
            recipients.filter { recipient in
                guard recipient.contains("@") else { return true }
                return (keys[recipient] ?? []).contains(where: known.contains)
                    || Self.domains(of: recipient).contains(where: known.contains)
            }
        )
    }

    private func note(
        _ keys: [String],
        in table: String,
        _ known: inout Set<String>
    ) throws(HaltError) {
        guard table.contains(":") else { throw unknown("'\(table)' cannot be asked") }
        for answer in try lookUp(keys, in: table) { known.insert(answer.key.lowercased()) }
    }

    private func unknown(_ reason: String) -> HaltError {
        HaltError(
            code: .refused,
            operation: "tell the way out of",
            path: instance.configuration,
            reason: reason,
            next: "its mail stays on hold until the list is reset"
        )
    }
}
