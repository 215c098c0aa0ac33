// SPDX-License-Identifier: Apache-2.0
//
// The keys of [Traffic]: how lists are told from other mail, and how much is remembered. The upper
// limits keep memory within what a mail host can spare.

import ListTraffic

extension SettingsTable {
    /// `[Traffic]`.
    static let traffic: [Setting<Settings>] = [
        Setting(
            "RecogniseLists",
            .toggle(\.traffic.recognisesLists),
            "Find lists by their envelope senders and alias expansions, too."
        ),
        Setting(
            "NeverLists",
            .words(\.traffic.neverLists, .addressOrLocalPart, most: 1024),
            "Addresses that are never taken for a list."
        ),
        Setting(
            "ListHosts",
            .words(\.traffic.listHosts, .host, most: 64),
            "Addresses of other hosts whose list manager submits through this MTA."
        ),
        Setting(
            "RecipientDelimiter",
            .other(
                expected: "one to four characters, as Postfix's recipient_delimiter",
                read: { text, settings in
                    guard (1...4).contains(text.utf8.count) else { return false }
                    settings.traffic.recipientDelimiter = text
                    return true
                },
                write: { $0.traffic.recipientDelimiter }
            ),
            "Characters that begin an address extension."
        ),
        Setting(
            "SmallestFanOut",
            .count(\.traffic.smallestFanOut, 2...100_000),
            "Fewest recipients of an expansion for a list to be recognised."
        ),
        Setting(
            "MaximumLists",
            .count(\.traffic.maximumLists, 16...1_000_000),
            "Lists in memory."
        ),
        Setting(
            "MaximumUnconfirmedLists",
            .count(\.traffic.maximumUnconfirmedLists, 16...1_000_000),
            "Recognised lists that did not fan out yet; part of the same table."
        ),
        Setting(
            "MaximumMessages",
            .count(\.traffic.maximumMessages, 16...10_000_000),
            "Messages in the queue that are followed."
        ),
        Setting(
            "MaximumArrivals",
            .count(\.traffic.maximumArrivals, 16...10_000_000),
            "Messages from outside that may still be redistributed."
        ),
        Setting(
            "MaximumPosts",
            .count(\.traffic.maximumPosts, 16...10_000_000),
            "Posts remembered by Message-ID."
        ),
        Setting(
            "MaximumPosters",
            .count(\.traffic.maximumPosters, 16...10_000_000),
            "Known posters over all lists, exactly; more are kept as a filter."
        ),
        Setting(
            "MaximumRecipients",
            .count(\.traffic.maximumRecipients, 16...10_000_000),
            "Addresses that received a copy lately."
        ),
        Setting(
            "MaximumSenders",
            .count(\.traffic.maximumSenders, 16...1_000_000),
            "Logins in memory; a quarter as many senders of this host's programs beside them."
        ),
    ]
}
