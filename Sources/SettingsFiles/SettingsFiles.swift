// SPDX-License-Identifier: Apache-2.0
//
// SettingsFiles: finds and reads the settings files; daemon and command line share it, so that
// what `check-config` accepts is what the daemon starts with.

import Glibc
internal import Linux
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
        let names: [String]
        do throws(FileError) {
            names = try Folder.names(in: directory)
        } catch {
            if error.errno == Errno(ENOENT) { return [] }
            throw SettingsFilesError(error)
        }
        let found = names.filter { $0.hasSuffix(".conf") && !$0.hasPrefix(".") }
        if found.count > mostDropIns {
            throw SettingsFilesError(operation: "list", path: directory, errno: E2BIG)
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func read(
        _ path: String,
        mayBeAbsent: Bool
    ) throws(SettingsFilesError) -> SettingsText? {
        do throws(FileError) {
            let bytes = try WholeFile.start(of: path, SettingsText.longest + 1)
            if bytes == nil, !mayBeAbsent { throw FileError("read", path, Errno(ENOENT)) }
            return bytes.map { SettingsText(path: path, bytes: $0) }
        } catch {
            throw SettingsFilesError(error)
        }
    }
}

/// Why a settings file could not be read.
public struct SettingsFilesError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried: `read`, `list`.
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

    init(_ why: FileError) {
        self.init(operation: why.operation, path: why.path, errno: why.errno.number)
    }

    /// What, on what, and why.
    public var description: String {
        "cannot \(operation) settings '\(path)': \(Errno(errno))"
    }
}
