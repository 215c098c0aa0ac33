// SPDX-License-Identifier: Apache-2.0
//
// Zone files of a directory of our own, and names that would like to be paths.

import Attended
import EventTime
import FoundationEssentials
import Testing

@testable import SettingsFiles

/// Version 1 with one type, six hours east of UTC: a header of 44 bytes, a type, its name.
private let east: [UInt8] =
    Array("TZif".utf8) + [0] + [UInt8](repeating: 0, count: 15)
    + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
    + [0, 0, 0x54, 0x60, 0, 0] + Array("+06\0".utf8)

@Suite struct ZoneFilesTests {
    @Test func `zones are read by name, the host's by an empty one`() throws {
        let root = FileManager.default.temporaryDirectory.path + "/zones-\(UUID())"
        let manager = FileManager.default
        defer { try? manager.removeItem(atPath: root) }
        try manager.createDirectory(
            atPath: root + "/zoneinfo/Asia",
            withIntermediateDirectories: true
        )
        func write(_ bytes: [UInt8], _ path: String) throws {
            try Data(bytes).write(to: URL(filePath: root + path))
        }
        try write(east, "/zoneinfo/Asia/Bishkek")
        try write(east, "/localtime")
        try write(east, "/outside")
        try write(Array("TZif, but no more".utf8), "/zoneinfo/Broken")
        func rules(_ name: String, host: String = "/localtime") -> ZoneRules? {
            ZoneFiles.rules(of: name, directory: root + "/zoneinfo", host: root + host)
        }
        let noon = Timestamp(seconds: 1_795_795_200)
        #expect(rules("Asia/Bishkek")?.offset(at: noon) == 21_600)
        #expect(rules("")?.offset(at: noon) == 21_600)
        for name in ["Asia", "Broken", "Mars", "../outside", "/etc/localtime", "Asia/../Broken"] {
            #expect(rules(name) == nil, "\(name)")
        }
        // A watchdog must start, whatever became of the host's zone.
        for host in ["/absent", "/zoneinfo", "/zoneinfo/Broken"] {
            #expect(rules("", host: host) == .utc, "\(host)")
        }
    }
}
