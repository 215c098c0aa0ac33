// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Breaker
internal import Control
internal import Settings
internal import SettingsFiles
internal import Words

/// `listbreaker check-config`: would the daemon start with these files, and would anybody be paged.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check the settings files and the alert scripts.",
        discussion: "Exit status: 0 sound, 78 not; each error names file, line and column."
    )

    @OptionGroup var options: SettingsOptions

    @Option(help: ArgumentHelp("Look for the files below this directory.", valueName: "dir"))
    var root = ""

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() throws {
        var check = Check()
        do {
            let (settings, _) = try options.read(root: root)
            for target in settings.paging.targets {
                if let problem = ScriptCheck.problem(of: root + target.script) {
                    check.errors.append("[Alert \(target.name)] Script=\(shown(problem))")
                }
            }
            if settings.paging.targets.isEmpty {
                check.warnings.append("no [Alert NAME] section: nobody is paged")
            }
            if settings.mode == .observe {
                check.warnings.append("Mode=observe: a daemon that nobody armed halts nothing")
            }
        } catch let failure as Failure where failure.code == ControlCode.configuration {
            check.errors = failure.message.split(separator: "\n").map(String.init)
        }
        if json {
            print(try Wire.write(check))
        } else {
            for warning in check.warnings { Console.complain("warning: \(warning)") }
            for error in check.errors { Console.complain(error) }
            if check.errors.isEmpty { print("the settings are sound") }
        }
        if !check.errors.isEmpty { throw ExitCode(ControlCode.configuration) }
    }

    /// What `--json` prints.
    private struct Check: Encodable {
        var version = 1
        var errors: [String] = []
        var warnings: [String] = []
    }
}
