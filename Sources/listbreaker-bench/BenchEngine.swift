// SPDX-License-Identifier: Apache-2.0
//
// The engine that is timed: the product's own, whole, with the vendor's settings. The mistake to
// avoid: a copy of its loop here; it would be timed while the product grew slower.

internal import Engine
internal import ListTraffic
internal import MailLog
internal import Settings

extension Engine {
    /// An engine that believes root and `mailUser`.
    init(mailUser: UInt32, settings: Settings = Settings()) {
        self.init(settings: settings, trust: Self.benchTrust(mailUser))
    }

    /// An engine that has room for so many lists and posts of ``FloodLines``.
    init(roomFor lists: Int, posts: Int) {
        var settings = Settings()
        settings.traffic.maximumLists = max(settings.traffic.maximumLists, lists)
        settings.traffic.maximumUnconfirmedLists = lists
        settings.traffic.maximumPosts = max(settings.traffic.maximumPosts, posts)
        self.init(mailUser: FloodLines.mailUser, settings: settings)
    }

    /// The engine's parser, by itself.
    static func benchReader(mailUser: UInt32) -> LineReader {
        LineReader(settings: benchTrust(mailUser))
    }

    private static func benchTrust(_ mailUser: UInt32) -> TrustSettings {
        var trust = TrustSettings()
        trust.postfixUsers = [mailUser]
        return trust
    }

    /// Takes every entry of `batch`, read when the last was written.
    mutating func take(_ batch: EntryBatch) {
        guard let last = batch.entries.last else { return }
        _ = handle(.entries(batch, readAt: last.time))
    }
}
