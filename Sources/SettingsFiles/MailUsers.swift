// SPDX-License-Identifier: Apache-2.0
//
// Whose lines are believed on this host: the uids of the MTAs' users, looked up, never assumed. Daemon
// and command line share it, so that `doctor` judges a log as the daemon does.

internal import Glibc
public import MailLog
public import Settings

/// Looks up users of the mail systems.
public enum MailUsers {
    /// What `settings` and the user database say together.
    public static func trust(_ settings: Settings) -> TrustSettings {
        var trust = settings.journal.trust
        let more = settings.journal.trustedUsers.compactMap(uid)
        trust.postfixUsers = ["postfix"].compactMap(uid) + more
        trust.eximUsers = ["Debian-exim", "exim"].compactMap(uid)
        trust.sendmailUsers = ["smmta", "smmsp"].compactMap(uid)
        trust.opensmtpdUsers = ["opensmtpd", "opensmtpq"].compactMap(uid)
        trust.listManagerUsers = ["list", "sympa", "mlmmj"].compactMap(uid)
        // A directory of other hosts' journals has their uids, which only the settings can name;
        // what has no trusted field at all is still not believed.
        return trust
    }

    /// The uid of `name`, which may be a number.
    public static func uid(_ name: String) -> UInt32? {
        if let number = UInt32(name) { return number }
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>? = nil
        var buffer = [CChar](repeating: 0, count: 16384)
        let size = buffer.count
        let result = unsafe getpwnam_r(name, &entry, &buffer, size, &found)
        guard result == 0, unsafe found != nil else { return nil }
        return unsafe entry.pw_uid
    }
}
