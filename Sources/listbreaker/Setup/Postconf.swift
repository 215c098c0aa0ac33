// SPDX-License-Identifier: Apache-2.0
//
// Questions to postconf(1). What Postfix's configuration says is asked here; main.cf itself is edited
// by us, because `postconf -e` would fold and reformat what the site wrote.

internal import Control
internal import Glibc

/// Asks postconf(1).
enum Postconf {
    /// The configuration directory meant by `given`; nil: the one that it takes without -c.
    ///
    /// Postfix wants absolute names in main.cf.
    static func directory(_ given: String?) throws -> String {
        try given.map(absolute) ?? ask(nil, ["-h", "config_directory"])
    }

    /// What it prints about the instance in `directory`.
    ///
    /// Throws ``Failure`` when there is no Postfix, or it complains.
    static func ask(_ directory: String?, _ words: [String]) throws -> String {
        let place = directory.map { ["-c", $0] } ?? []
        let tool = Tool("/usr/sbin/postconf", place + words)
        guard tool.exists else {
            throw Failure(
                code: ControlCode.failed,
                message: "there is no Postfix here: /usr/sbin/postconf is missing"
            )
        }
        let outcome = try tool.run()
        guard outcome.status == 0 else {
            throw Failure(
                code: ControlCode.failed,
                message: "postconf \((place + words).joined(separator: " ")): \(outcome.complaint)"
            )
        }
        return outcome.text
    }

    private static func absolute(_ path: String) -> String {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard !trimmed.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return trimmed }
        defer { unsafe free(here) }
        return unsafe String(cString: here) + "/" + trimmed
    }
}
