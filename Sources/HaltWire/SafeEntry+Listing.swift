// SPDX-License-Identifier: Apache-2.0
//
// What stands in a directory that is held by a descriptor. The mistake to avoid: following a link
// while going down; a queue is hashed into real directories.

internal import Glibc

extension SafeEntry {
    /// A file below a directory.
    package struct Below {
        /// From the directory on, such as `A/1/A1B2C3`.
        package var path: String
        package var inode: UInt64
    }

    /// The names in this directory, `.` and `..` left out; empty when it cannot be read.
    package var names: [(name: String, inode: UInt64)] { (try? listing()) ?? [] }

    /// The same, where one that cannot be read must not pass for an empty one.
    package func listing() throws(Missing) -> [(name: String, inode: UInt64)] {
        let opened = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw Missing(number: errno) }
        guard let directory = unsafe fdopendir(opened) else {
            let number = errno
            close(opened)
            throw Missing(number: number)
        }
        defer { unsafe closedir(directory) }
        var found: [(name: String, inode: UInt64)] = []
        errno = 0
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." {
                found.append((name, unsafe UInt64(entry.pointee.d_ino)))
            }
            errno = 0
        }
        guard errno == 0 else { throw Missing(number: errno) }
        return found
    }

    /// The files below by name: those here and in one-letter subdirectories; hidden ones left out.
    ///
    /// - Throws: ``Missing`` when a directory cannot be read: it is not an empty one. One that is gone is.
    package func files(depth: Int, below prefix: String = "") throws(Missing) -> [String: Below] {
        var found: [String: Below] = [:]
        for (name, inode) in try listing() where !name.hasPrefix(".") {
            guard name.utf8.count == 1, depth > 0 else {
                found[name] = Below(path: prefix + name, inode: inode)
                continue
            }
            do throws(Missing) {
                let folder = try entry(name)
                guard folder.kind == S_IFDIR else { continue }
                let below = try folder.files(depth: depth - 1, below: "\(prefix)\(name)/")
                found.merge(below) { first, _ in first }
            } catch {
                guard error.number == ENOENT else { throw error }
            }
        }
        return found
    }
}
