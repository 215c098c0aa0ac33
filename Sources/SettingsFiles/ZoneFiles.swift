// SPDX-License-Identifier: Apache-2.0
//
// The rules of time zones, from the files of the host. The name comes from the settings, so it is
// no path: what could lead out of the directory is refused. The mistake to avoid: a watchdog that
// does not start because the host's zone cannot be read.

public import Attended
internal import Linux

/// The zone files of this host; tzfile(5).
public enum ZoneFiles {
    /// Where the zones are.
    static let directory = "/usr/share/zoneinfo"
    /// The host's own; localtime(5).
    static let host = "/etc/localtime"

    /// The rules of the zone called `name`, of the host's when it is empty.
    ///
    /// nil when there is none of that name, or its file cannot be read. The host's zone is UTC where
    /// it cannot be read, which is also what localtime(5) says of a file that is not there.
    public static func rules(of name: String) -> ZoneRules? {
        rules(of: name, directory: directory, host: host)
    }

    static func rules(of name: String, directory: String, host: String) -> ZoneRules? {
        if name.isEmpty { return bytes(host).flatMap { ZoneRules(file: $0) } ?? .utc }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.first != "." }) else { return nil }
        return bytes("\(directory)/\(name)").flatMap { ZoneRules(file: $0) }
    }

    /// What is in the file, up to one byte more than a zone may have.
    private static func bytes(_ path: String) -> [UInt8]? {
        try? WholeFile.start(of: path, ZoneRules.fileBytes + 1)
    }
}
