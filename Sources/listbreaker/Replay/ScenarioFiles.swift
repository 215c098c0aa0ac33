// SPDX-License-Identifier: Apache-2.0
//
// Where scenarios are: a name means a file of the seeds, anything with a slash or an ending is a path.

internal import Control
internal import StormSimulator
internal import Words

/// Finds and reads scenario files.
struct ScenarioFiles {
    /// One scenario of a folder.
    struct Entry: Encodable, Equatable {
        /// Its name, as `simulate` takes it.
        var name: String
        /// What it is, in one line.
        var title: String
        /// The file.
        var file: String
    }

    /// The ending of scenario files.
    static let ending = ".scenario"
    /// Where scenarios are looked for unless `--seeds` says otherwise; the first that is there.
    static let folders = ["/usr/share/listbreaker/seeds", "./seeds"]

    /// The folder that is looked in.
    let folder: String

    /// The scenarios of `seeds`, or of the first usual folder that is there.
    init(seeds: String?) {
        folder =
            seeds ?? Self.folders.first { TextFile.names(in: $0) != nil } ?? Self.folders[0]
    }

    /// Every scenario of the folder, by name.
    func all() throws -> [Entry] {
        guard let names = TextFile.names(in: folder) else {
            throw Failure(
                code: ControlCode.failed,
                message: "cannot list scenarios in '\(folder)'; name their folder with --seeds"
            )
        }
        return try names.filter { $0.hasSuffix(Self.ending) }.map { name in
            let path = "\(folder)/\(name)"
            let title = try Self.scenario(at: path).title
            return Entry(name: String(name.dropLast(Self.ending.count)), title: title, file: path)
        }
    }

    /// The scenario called `name`, or in the file of that path.
    func scenario(_ name: String) throws -> Scenario {
        let isPath = name.contains("/") || name.hasSuffix(Self.ending)
        return try Self.scenario(at: isPath ? name : "\(folder)/\(name)\(Self.ending)")
    }

    private static func scenario(at path: String) throws -> Scenario {
        guard let bytes = try TextFile.read(path) else {
            throw Failure(
                code: ControlCode.failed,
                message: "there is no scenario '\(shown(path))'; listbreaker simulate --list names "
                    + "those that are there"
            )
        }
        do throws(ScenarioError) {
            return try Scenario(text: String(decoding: bytes, as: UTF8.self), path: path)
        } catch {
            throw Failure(code: ControlCode.configuration, message: shown(error.description))
        }
    }
}
