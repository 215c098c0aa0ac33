// SPDX-License-Identifier: Apache-2.0
//
// The secrets of alert scripts, and whether we run with those that an administrator sees. systemd
// copies them when the daemon starts (LoadCredential=), and nothing that runs without privileges can
// fetch them again: so a secret that was changed since is said wherever somebody would rely on it. No
// file is read here; the directory may be searched by our group, and its files are root's alone.
// The mistake to avoid: comparing with the clock, which may be set between the change and the look.

internal import FoundationEssentials
internal import Glibc

/// Which secrets the daemon took at its start.
struct Secrets: Sendable {
    /// What tells one state of a file from another without reading it.
    private struct Mark: Sendable, Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int64
        var nanoseconds: Int64
    }

    /// Where an administrator puts them.
    private let source: String
    /// The directory as it was at the start, by the time of its last entry; nil: not to be seen.
    private let folder: Mark?
    /// The files that were taken, as they were at the start.
    private let files: [String: Mark]

    /// Notes how the files in `source` look now; `taken` is where systemd put the copies, nil when
    /// it gave us none.
    init(source: String, taken: String?) {
        self.source = source
        guard let taken else {
            folder = nil
            files = [:]
            return
        }
        folder = Self.mark(source, isFolder: true)
        var files: [String: Mark] = [:]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: taken)) ?? []
        for name in names where name.hasPrefix("alert_") {
            let own = String(name.dropFirst("alert_".count))
            files[own] = Self.mark("\(source)/\(own)")
        }
        self.files = files
    }

    /// What was changed after we took it, and what to do, in words; nil when nothing was, or when it
    /// cannot be seen.
    var change: String? {
        guard let folder, let now = Self.mark(source, isFolder: true) else { return nil }
        let changed = files.filter { Self.mark("\(source)/\($0.key)") != $0.value }.keys.sorted()
        let what: String
        if !changed.isEmpty {
            let more = changed.count > 3 ? " and more" : ""
            what = changed.prefix(3).joined(separator: ", ") + more
        } else if now != folder {
            what = "files were added or removed"
        } else {
            return nil
        }
        return "the secrets in \(source) were changed (\(what)) after listbreakerd took them at "
            + "its start, and it runs with the old ones until: systemctl restart listbreakerd"
    }

    /// By the time of the last change of the file, or of a directory's entries; nil: not to be seen.
    private static func mark(_ path: String, isFolder: Bool = false) -> Mark? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        // A directory's own rights may be set anew at a boot: only its entries count.
        let time = isFolder ? status.st_mtim : status.st_ctim
        return Mark(
            inode: UInt64(status.st_ino),
            size: isFolder ? 0 : Int64(status.st_size),
            seconds: Int64(time.tv_sec),
            nanoseconds: Int64(time.tv_nsec)
        )
    }
}
