// SPDX-License-Identifier: Apache-2.0
//
// Who asked, by name: the next morning "uid 0" tells nobody anything. Names come from the host's accounts
// (getpwuid_r(3)). Behind sudo everybody is root; who logged in is what the kernel keeps of the session,
// which the asking program reads of itself: this daemon sees no process of others.

internal import Glibc

/// Names of accounts.
enum Account {
    /// The kernel's word for a process that no login began; proc(5), `loginuid`.
    static let noLogin = UInt32.max

    /// Such as `anna`, or `root, logged in as anna`; nil where there is no such account.
    ///
    /// Root may say any login; nobody else is believed one.
    static func name(of uid: UInt32, login: UInt32?) -> String? {
        guard let name = name(of: uid) else { return nil }
        guard uid == 0, let login, login != noLogin, login != 0 else { return name }
        return "\(name), logged in as \(self.name(of: login) ?? "uid \(login)")"
    }

    /// The uid of the account called `name`; nil when there is none.
    static func uid(of name: String) -> UInt32? {
        var entry = unsafe passwd()
        var room = [CChar](repeating: 0, count: 16 << 10)
        let size = room.count
        var found: UnsafeMutablePointer<passwd>? = nil
        let outcome = unsafe getpwnam_r(name, &entry, &room, size, &found)
        guard outcome == 0, unsafe found != nil else { return nil }
        return unsafe entry.pw_uid
    }

    private static func name(of uid: UInt32) -> String? {
        var entry = unsafe passwd()
        var room = [CChar](repeating: 0, count: 16 << 10)
        let size = room.count
        var found: UnsafeMutablePointer<passwd>? = nil
        let outcome = unsafe getpwuid_r(uid, &entry, &room, size, &found)
        guard outcome == 0, unsafe found != nil else { return nil }
        let name = unsafe String(cString: entry.pw_name)
        // Names of a directory service may be anything.
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
        return name.isEmpty || name.utf8.count > 64 || !isPlain ? nil : name
    }
}
