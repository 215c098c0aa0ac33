// SPDX-License-Identifier: Apache-2.0
//
// Files read and replaced whole, and what becomes of them when that fails.

import Glibc
import Linux
import TestSupport
import Testing

@Suite struct `Whole files` {
    @Test func `what was written is read, up to its limit`() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        #expect(try WholeFile.read(path, atMost: 10) == nil)
        try WholeFile.replace(path, with: Array("0123456789".utf8))
        #expect(try WholeFile.read(path, atMost: 10) == Array("0123456789".utf8))
        #expect(throws: FileError("read", path, Errno(EFBIG))) {
            try WholeFile.read(path, atMost: 9)
        }
        #expect(try WholeFile.start(of: path, 4) == Array("0123".utf8))
        #expect(WholeFile.status(path)?.st_mode == S_IFREG | 0o600)
        try WholeFile.remove(path)
        try WholeFile.remove(path)
        #expect(try WholeFile.read(path, atMost: 10) == nil)
    }

    @Test func `a link is followed or refused, and stays a link`() throws {
        let scratch = try Scratch()
        let (path, link) = ("\(scratch.path)/file", "\(scratch.path)/link")
        try WholeFile.replace(path, with: [1], mode: 0o644)
        #expect(unsafe symlink("file", link) == 0)
        try WholeFile.replace(link, with: [2])
        #expect(try WholeFile.read(path, atMost: 9) == [2])
        #expect(throws: FileError("read", link, Errno(ELOOP))) {
            try WholeFile.read(link, atMost: 9, followsLinks: false)
        }
        var found = stat()
        #expect(unsafe lstat(link, &found) == 0 && found.st_mode & S_IFMT == S_IFLNK)
    }

    @Test func `a replacement is like its model`() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        try WholeFile.replace(path, with: [1], mode: 0o640)
        var times = [
            timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_001, tv_nsec: 5),
        ]
        #expect(unsafe utimensat(AT_FDCWD, path, &times, 0) == 0)
        let model = WholeFile.status(path)
        try WholeFile.replace(path, with: [2], like: model)
        let like = try #require(WholeFile.status(path))
        #expect(like.st_mode == S_IFREG | 0o640)
        #expect(like.st_mtim.tv_sec > 1_000_001, "but its time is now")
    }

    @Test func `where it cannot be replaced the old file stays, and nothing beside it`() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        #expect(unsafe mkdir(path, 0o700) == 0)
        try WholeFile.replace("\(path)/kept", with: [7])
        // A folder is no file: rename(2) refuses.
        #expect(throws: FileError("replace", path, Errno(EISDIR))) {
            try WholeFile.replace(path, with: [1])
        }
        #expect(try WholeFile.read("\(path)/kept", atMost: 9) == [7])
        #expect(try Folder.names(in: scratch.path) == ["file"])
        #expect(throws: FileError("read", path, Errno(EISDIR))) {
            try WholeFile.read(path, atMost: 9)
        }
    }

    @Test func `a draft of before does not stand in the way`() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        #expect(unsafe symlink("/nonexistent", "\(path).listbreaker") == 0)
        try WholeFile.replace(path, with: [1])
        #expect(try WholeFile.read(path, atMost: 9) == [1])
        #expect(try Folder.names(in: scratch.path) == ["file"])
    }

    @Test func `a FIFO is not waited for`() throws {
        let scratch = try Scratch()
        #expect(unsafe mkfifo("\(scratch.path)/fifo", 0o600) == 0)
        #expect(try WholeFile.read("\(scratch.path)/fifo", atMost: 9) == [])
    }

    @Test func `names are bounded, and say why there are none`() throws {
        let scratch = try Scratch()
        for name in ["a", ".b", "c"] { try WholeFile.replace("\(scratch.path)/\(name)", with: []) }
        #expect(try Folder.names(in: scratch.path, atMost: 3).sorted() == [".b", "a", "c"])
        #expect(throws: FileError("list", scratch.path, Errno(E2BIG))) {
            try Folder.names(in: scratch.path, atMost: 2)
        }
        #expect(throws: FileError("list", "/nonexistent", Errno(ENOENT))) {
            try Folder.names(in: "/nonexistent")
        }
    }
}
