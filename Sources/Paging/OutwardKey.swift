// SPDX-License-Identifier: Apache-2.0
//
// The dedup key as receivers know it: with the host before it, since two hosts may page into one
// service. The mistake to avoid: a key without the host; then the end of one host's trouble closes
// the other's, and two storms of one second become one incident.

internal import Words

/// A dedup key as it leaves the host.
enum OutwardKey {
    /// Most bytes: PagerDuty's limit of `dedup_key` (Events API v2), and ours.
    static let mostBytes = 255
    /// What a key begins with that all hosts of a fleet share: it names a host itself.
    static let shared = "fleet/"

    /// `HOST/KEY` on one line; where that is too long its beginning and a fingerprint of all of it,
    /// so that two long keys stay two.
    static func text(_ key: String, host: String) -> String {
        let named = key.hasPrefix(shared) ? key : host + "/" + key
        let whole = named.oneLine(limit: 16 * mostBytes)
        guard whole.utf8.count > mostBytes else { return whole }
        let mark = Payload.fingerprint(["key": named])
        return whole.oneLine(limit: mostBytes - mark.utf8.count - 1) + "-" + mark
    }
}
