// SPDX-License-Identifier: Apache-2.0
//
// What would keep a halt from being done, known before there is a trip: a queue on a file system that
// was remounted read-only, as Linux does after an error of the disk, or that our sandbox may not change.
// Only looks: nothing is written for it. The mistake to avoid: to take a directory that is not there for
// an obstacle; a mail server makes some of its own when it starts.

internal import Glibc
internal import HaltWire
internal import Linux

/// Why a directory cannot be changed.
enum Obstacle {
    /// A sentence for each of `directories` that is there and cannot be changed.
    static func found(in directories: [String]) -> [String] {
        directories.compactMap { path in
            guard let why = DirectoryAccess.obstacle(to: path), why != Errno(ENOENT),
                why != Errno(ENOTDIR)
            else { return nil }
            return "'\(path)' cannot be changed: \(why)"
        }
    }
}
