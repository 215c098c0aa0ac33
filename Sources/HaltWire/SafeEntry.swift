// SPDX-License-Identifier: Apache-2.0
//
// One entry of the file system, held by a descriptor, and the walk to it. Root works in directories
// that belong to others (Postfix, Exim, OpenSMTPD, Sendmail), who may exchange any entry in them at
// any moment; so a link is followed only where nobody but root can have made it, and what was
// looked at is what is changed. The mistake to avoid: looking by path and then acting by path; the
// second look may find something else (seen: main.cf made writable for all, at the 13th halt).

package import CLinux
package import Glibc

/// A file, directory or socket that was found and cannot be exchanged any more.
package final class SafeEntry {
    /// Why there is none; an errno.
    package struct Missing: Error {
        package let number: Int32

        package init(number: Int32) { self.number = number }
    }

    /// O_PATH: it can be looked at and walked from, but neither read nor written.
    package let descriptor: Int32
    /// As it was when it was found.
    package let status: stat
    /// The directory in which it was found, as it was then.
    private let folder: stat

    private init(_ descriptor: Int32, in folder: stat?) throws(Missing) {
        var found = stat()
        let outcome = unsafe fstat(descriptor, &found)
        guard outcome == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw Missing(number: number)
        }
        self.descriptor = descriptor
        status = found
        self.folder = folder ?? found
    }

    deinit { Glibc.close(descriptor) }

    // MARK: The walk

    /// Links that are followed on one walk: 40, as Linux does.
    private static let mostLinks = 40

    /// Walks to `path`, which begins at the root, and opens what is there.
    ///
    /// - Throws: ``Missing`` `ELOOP` at a link that somebody other than root may have made.
    package static func at(_ path: String) throws(Missing) -> SafeEntry {
        guard path.utf8.first == UInt8(ascii: "/") else { throw Missing(number: EINVAL) }
        return try root().walk(to: path)
    }

    /// The directory that `path` stands in, and its name there.
    ///
    /// A link of root's under that name is followed where `following` says so; one of somebody
    /// else's is an entry as any other.
    package static func folder(
        of path: String,
        following: Bool
    ) throws(Missing) -> (folder: SafeEntry, name: String) {
        var path = path
        for _ in 0...mostLinks {
            guard let slash = path.lastIndex(of: "/") else { throw Missing(number: EINVAL) }
            let name = String(path[path.index(after: slash)...])
            let folder = try at(slash == path.startIndex ? "/" : String(path[..<slash]))
            guard following, let found = try? folder.entry(name), found.kind == S_IFLNK,
                folder.isRoots(found), let target = found.target
            else { return (folder, name) }
            path = target.hasPrefix("/") ? target : "\(path[..<slash])/\(target)"
        }
        throw Missing(number: ELOOP)
    }

    /// Walks on from this directory along `path`.
    package func walk(to path: String) throws(Missing) -> SafeEntry {
        var here = self
        var rest = path.split(separator: "/").map(String.init).reversed() as [String]
        var links = 0
        while let name = rest.popLast() {
            let next = try here.entry(name)
            guard next.kind == S_IFLNK else {
                here = next
                continue
            }
            links += 1
            guard links <= Self.mostLinks, here.isRoots(next), let target = next.target else {
                throw Missing(number: ELOOP)
            }
            if target.hasPrefix("/") { here = try Self.root() }
            rest += target.split(separator: "/").map(String.init).reversed()
        }
        return here
    }

    /// What stands in this directory under `name`; a link is not followed.
    package func entry(_ name: String) throws(Missing) -> SafeEntry {
        let found = unsafe clinux_find(descriptor, name)
        guard found >= 0 else { throw Missing(number: -found) }
        return try SafeEntry(found, in: status)
    }

    private static func root() throws(Missing) -> SafeEntry {
        let found = unsafe clinux_find(AT_FDCWD, "/")
        guard found >= 0 else { throw Missing(number: -found) }
        return try SafeEntry(found, in: nil)
    }

    /// Whether the link `entry` of this directory was made by root, or by whoever we are.
    ///
    /// In a directory of somebody else's it has to be root's own and have no second name: Sendmail's
    /// queues may be links, and nobody else can make one in root's name.
    private func isRoots(_ entry: SafeEntry) -> Bool {
        let isPrivate = Self.isTrusted(status.st_uid) && status.st_mode & 0o022 == 0
        return isPrivate || Self.isTrusted(entry.status.st_uid) && entry.status.st_nlink == 1
    }

    private static func isTrusted(_ user: uid_t) -> Bool { user == 0 || user == geteuid() }

    private var target: String? {
        var room = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlinkat(descriptor, "", &room, room.count)
        guard count > 0, count < room.count else { return nil }
        return String(decoding: room[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // MARK: What it is

    /// `S_IFREG`, `S_IFSOCK` and so on.
    package var kind: mode_t { status.st_mode & S_IFMT }

    /// Whether it belongs where it stands: it has no second name elsewhere, unless whoever owns the
    /// directory owns it, too, or nobody else can make names there.
    ///
    /// A second name is how somebody brings a file of root's into a directory of his own, where
    /// `fs.protected_hardlinks` is off.
    package var isSound: Bool {
        if status.st_nlink == 1 || kind == S_IFDIR { return true }
        let isPrivate = folder.st_mode & 0o022 == 0 && Self.isTrusted(folder.st_uid)
        return isPrivate || status.st_uid == folder.st_uid && !Self.isTrusted(folder.st_uid)
    }

    // MARK: What is done to it

    /// The road that leads to this very entry; proc(5).
    ///
    /// fchmod(2) wants a descriptor that can be read, which opening a socket does not give, and
    /// fchmodat2(2) wants Linux 6.6.
    package var road: String { "/proc/self/fd/\(descriptor)" }

    /// Sets its permissions.
    ///
    /// - Returns: 0 or an errno.
    package func setMode(_ mode: mode_t) -> Int32 {
        guard isSound, kind != S_IFLNK else { return ELOOP }
        return unsafe chmod(road, mode) == 0 ? 0 : errno
    }

    /// Gives it to somebody; 0 or an errno.
    package func setOwner(_ user: uid_t, _ group: gid_t) -> Int32 {
        guard isSound, kind != S_IFLNK else { return ELOOP }
        return unsafe chown(road, user, group) == 0 ? 0 : errno
    }

    /// Sets its times to now; 0 or an errno.
    package func touch() -> Int32 {
        guard isSound, kind != S_IFLNK else { return ELOOP }
        return unsafe utimensat(AT_FDCWD, road, nil, 0) == 0 ? 0 : errno
    }

    /// A descriptor for reading the file, or for changing it as well; the caller closes it.
    ///
    /// `names`: how many names of it the caller has seen where they may be. A file of which that is all
    /// has none elsewhere, and is sound.
    package func open(toChange: Bool = false, names: Int = 1) throws(Missing) -> Int32 {
        guard isSound || status.st_nlink == names else { throw Missing(number: ELOOP) }
        guard kind == S_IFREG else { throw Missing(number: kind == S_IFDIR ? EISDIR : EINVAL) }
        let mode = toChange ? O_RDWR : O_RDONLY
        let opened = unsafe Glibc.open(road, mode | O_NONBLOCK | O_CLOEXEC)
        guard opened >= 0 else { throw Missing(number: errno) }
        return opened
    }
}
