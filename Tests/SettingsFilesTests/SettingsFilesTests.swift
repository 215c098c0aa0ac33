// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Settings
import SettingsFiles
import Testing

@Suite struct `Settings files` {
    /// A fresh root with `files`, removed afterwards.
    private func withRoot(
        _ files: [String: String],
        _ body: (String) throws -> Void
    ) throws {
        let root = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-settings-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try body(root.path)
    }

    @Test func `drop-ins come last and in the order of their names`() throws {
        try withRoot([
            "usr/lib/listbreaker/listbreaker.conf": "1",
            "etc/listbreaker/listbreaker.conf": "2",
            "etc/listbreaker/listbreaker.conf.d/9.conf": "5",
            "etc/listbreaker/listbreaker.conf.d/10.conf": "3",
            "etc/listbreaker/listbreaker.conf.d/B.conf": "6",
            "etc/listbreaker/listbreaker.conf.d/20-a.conf": "4",
            "etc/listbreaker/listbreaker.conf.d/.hidden.conf": "x",
            "etc/listbreaker/listbreaker.conf.d/30.conf.dpkg-new": "x",
        ]) { root in
            let files = try SettingsFiles.read(root: root)
            #expect(
                files.map { String(decoding: $0.bytes, as: UTF8.self) }
                    == ["1", "2", "3", "4", "5", "6"]
            )
        }
    }

    @Test func `a host without any file has the defaults`() throws {
        try withRoot(["etc/other": ""]) { root in
            let files = try SettingsFiles.read(root: root)
            #expect(files == [])
        }
    }

    @Test func `a file that was named must exist`() {
        #expect(
            throws: SettingsFilesError(operation: "read", path: "/nonexistent/x.conf", errno: 2)
        ) {
            try SettingsFiles.read(file: "/nonexistent/x.conf")
        }
    }

    @Test func `a directory in place of a file is an error with its path`() throws {
        try withRoot(["etc/listbreaker/listbreaker.conf/oops": ""]) { root in
            let path = root + "/etc/listbreaker/listbreaker.conf"
            let error = SettingsFilesError(operation: "read", path: path, errno: 21)
            #expect(throws: error) { try SettingsFiles.read(root: root) }
            #expect(error.description == "cannot read settings '\(path)': is a directory (EISDIR)")
        }
    }
}
