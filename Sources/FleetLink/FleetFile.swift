// SPDX-License-Identifier: Apache-2.0
//
// fleet.conf, read in one way by both daemons and by listbreaker.

public import Fleet
internal import Linux

/// The file with the settings of a fleet.
public enum FleetFile {
    /// The settings at `path`; nil where there is no file: there is no fleet.
    ///
    /// - Throws: ``LinkError`` in words where it cannot be read, or is wrong.
    public static func read(_ path: String) throws(LinkError) -> FleetSettings? {
        let content: [UInt8]?
        do throws(FileError) {
            content = try WholeFile.read(
                path,
                atMost: FleetSettings.longest,
                followsLinks: true
            )
        } catch {
            throw LinkError("\(error)")
        }
        guard let content else { return nil }
        do throws(FleetSettingsError) {
            return try FleetSettings(String(decoding: content, as: UTF8.self))
        } catch {
            throw LinkError("cannot use '\(path)': \(error.complaints.joined(separator: "; "))")
        }
    }
}
