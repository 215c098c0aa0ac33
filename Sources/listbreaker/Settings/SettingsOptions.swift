// SPDX-License-Identifier: Apache-2.0
//
// Which settings files the settings verbs and `replay` read.

internal import ArgumentParser
internal import Control
internal import Settings
internal import SettingsFiles

/// Where the settings are.
struct SettingsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read this file and no other; also $LISTBREAKER_CONFIG.",
            valueName: "file"
        )
    )
    var config: String?

    /// Reads and validates; throws ``Failure`` with every error.
    func read(root: String = "") throws -> (settings: Settings, origins: Origins) {
        let files: [SettingsText]
        do throws(SettingsFilesError) {
            if let file = config ?? Console.variable("LISTBREAKER_CONFIG") {
                files = try SettingsFiles.read(file: file)
            } else {
                files = try SettingsFiles.read(root: root)
            }
        } catch {
            throw Failure(
                code: error.isPermission ? ControlCode.noPermission : ControlCode.configuration,
                message: error.description
            )
        }
        switch SettingsReader.read(files, zones: ZoneFiles.rules(of:)) {
        case .success(let result): return result
        case .failure(let errors):
            throw Failure(code: ControlCode.configuration, message: errors.description)
        }
    }
}
