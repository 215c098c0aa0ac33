// SPDX-License-Identifier: Apache-2.0
//
// SettingsFiles: finds and reads the settings files; daemon and command line share it, so that
// what `check-config` accepts is what the daemon starts with.

import Glibc
public import Settings

/// # NAME
/// SettingsFiles - the settings files on disk
///
/// # SUMMARY
/// `SettingsFiles.read(root:)` gives the text of each file that is there, in the order in which
/// they count.
///
/// # DESCRIPTION
/// Vendor file, then the host's file, then the drop-ins by name, as systemd does it. A file of
/// `/etc/listbreaker/listbreaker.conf.d` that is a link to `/dev/null` is empty. Only names that
/// end in `.conf` and do not begin with a dot count.
///
/// # LIMITS
/// 256 drop-ins; of each file one byte more than `SettingsText.longest`, so that the reader of the
/// text can refuse it.
///
/// # SECURITY
/// Reads files and one directory, and the files of time zones, nothing else.
///
/// # DIAGNOSTICS
/// ``SettingsFilesError`` names the file and the errno. A file that does not exist is no error.
///
/// # BUGS
/// None known.
public enum SettingsFiles {
    /// The vendor's file.
    public static let vendor = "/usr/lib/listbreaker/listbreaker.conf"
    /// The host's file.
    public static let host = "/etc/listbreaker/listbreaker.conf"
    /// The host's drop-ins.
    public static let dropIns = "/etc/listbreaker/listbreaker.conf.d"
    /// Most drop-ins; chosen.
    public static let mostDropIns = 256

    /// The files under `root` (empty: this host), first what counts least.
    public static func read(root: String = "") throws(SettingsFilesError) -> [SettingsText] {
        var paths = [root + vendor, root + host]
        paths += try names(in: root + dropIns).map { "\(root)\(dropIns)/\($0)" }
        var files: [SettingsText] = []
        for path in paths {
            if let file = try read(path, mayBeAbsent: true) { files.append(file) }
        }
        return files
    }

    /// The one file at `path`, alone; what `--config FILE` means.
    public static func read(file path: String) throws(SettingsFilesError) -> [SettingsText] {
        try read(path, mayBeAbsent: false).map { [$0] } ?? []
    }

    private static func names(in directory: String) throws(SettingsFilesError) -> [String] {
        guard let stream = unsafe opendir(directory) else {
            if errno == ENOENT { return [] }
            throw SettingsFilesError(operation: "list", path: directory, errno: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name.hasSuffix(".conf") && !name.hasPrefix(".") { names.append(name) }
            if names.count > mostDropIns {
                throw SettingsFilesError(operation: "list", path: directory, errno: E2BIG)
            }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func read(
        _ path: String,
        mayBeAbsent: Bool
    ) throws(SettingsFilesError) -> SettingsText? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT && mayBeAbsent { return nil }
            throw SettingsFilesError(operation: "open", path: path, errno: errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= SettingsText.longest {
            let count = unsafe block.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw SettingsFilesError(operation: "read", path: path, errno: errno) }
            if count == 0 { break }
            bytes.append(contentsOf: block[..<count])
        }
        return SettingsText(path: path, bytes: bytes)
    }
}

/// Why a settings file could not be read.
public struct SettingsFilesError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried: `open`, `read`, `list`.
    public var operation: String
    /// On which path.
    public var path: String
    /// Why not.
    public var errno: Int32

    /// The error `errno` of `operation` on `path`.
    public init(operation: String, path: String, errno: Int32) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }

    /// What, on what, and why.
    public var description: String {
        let reason = unsafe String(cString: strerror(errno))
        return "cannot \(operation) settings '\(path)': \(reason)"
    }
}
