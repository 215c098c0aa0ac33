// SPDX-License-Identifier: Apache-2.0
//
// Whether a directory can be changed, by looking alone. access(2) does not tell all of it: since Linux 6.15
// ext4 that met an error and was told errors=remount-ro refuses every change, and yet neither access(2)
// nor statvfs(3) says that it is read-only (measured, 6.18). The mount table does.

internal import Glibc

/// Looks whether directories can be changed.
public enum DirectoryAccess {
    /// Why nothing can be changed in the directory `path`; nil: it can be, as far as one may see.
    ///
    /// - Returns: what access(2) says; `EROFS` where its file system has shut itself against changes.
    public static func obstacle(to path: String) -> Errno? {
        guard unsafe access(path, W_OK | X_OK) == 0 else { return Errno.last }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return Errno.last }
        return isShut(name(of: status.st_dev), in: mounts) ? Errno(EROFS) : nil
    }

    /// `MAJOR:MINOR`; makedev(3) has them as macros, which Swift does not see.
    static func name(of device: dev_t) -> String {
        let major = (device >> 8) & 0xfff | (device >> 32) & ~0xfff
        let minor = device & 0xff | (device >> 12) & ~0xff
        return "\(major):\(minor)"
    }

    /// Words of a file system that takes no changes any more, though it is mounted for writing: ext4's.
    private static let shut: Set<Substring> = ["emergency_ro", "shutdown"]

    /// Whether the table of mounts says so of the device, `MAJOR:MINOR`; proc(5):
    /// `ID PARENT DEVICE ROOT POINT OPTIONS [FIELD ...] - TYPE SOURCE OPTIONS-OF-THE-FILE-SYSTEM`.
    static func isShut(_ device: String, in table: String) -> Bool {
        // The options first: hosts with containers have a thousand mounts, and the loop asks each 5 s.
        table.utf8.split(separator: UInt8(ascii: "\n")).contains { line in
            guard let blank = line.lastIndex(of: UInt8(ascii: " ")) else { return false }
            let options = line[line.index(after: blank)...].split(separator: UInt8(ascii: ","))
            guard options.contains(where: { shut.contains(Substring($0)) }) else { return false }
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 6, words[2].elementsEqual(device.utf8),
                let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) })
            else { return false }
            return words.endIndex - dash == 4
        }
    }

    /// Bytes of the mount table that are read: 1 MiB, some thousands of mounts.
    ///
    /// Chosen.
    private static let tableLimit = 1 << 20

    private static var mounts: String {
        let descriptor = unsafe open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return String(
            decoding: WholeFile.start(of: descriptor, tableLimit) ?? [],
            as: UTF8.self
        )
    }
}
