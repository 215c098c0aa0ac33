// SPDX-License-Identifier: Apache-2.0
//
// What Tab completes in a real zsh and a real fish; bash's is in CompletionTests. A name that somebody else
// chose is offered to no shell that could run it.

import Control
import Foundation
import Reports
import Testing

@testable import listbreaker

private let zsh = "/usr/bin/zsh"
private let fish = "/usr/bin/fish"
private let zshIsMissing: Comment = "SKIPPED: there is no \(zsh) (.ci/install test)"
private let fishIsMissing: Comment = "SKIPPED: there is no \(fish) (.ci/install test)"

/// Types $2 and Tab into a zsh of its own whose functions are found in $1; what is offered, one a line.
private let inZsh = #"""
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PROMPT= fpath=($1 \$fpath)
    autoload -Uz compinit && compinit -u -D
    compadd() {
        if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd \"\$@\"; return; fi
        local -a hits
        local hit
        builtin compadd -A hits \"\$@\"
        for hit in \$hits; do print -r -- \"offered <\$hit>\"; done
        builtin compadd \"\$@\"
    }
    ended() { print 'all offered'; exit }
    comppostfuncs=(ended)
    bindkey '^I' complete-word
    print 'rea''dy'"
    while zpty -r shell line $'*\n'; do [[ $line == ready* ]] && break; done
    zpty -w -n shell "$2"$'\t'
    while zpty -r shell line $'*\n'; do
        line=${${line//$'\r'/}%$'\n'}
        [[ $line == *'all offered'* ]] && break
        [[ $line == *'offered <'*'>' ]] && print -r -- ${${line##*offered <}%>}
    done
    zpty -d shell
    """#

/// Typed into a fish in a terminal of its own: what a completion asks of the line it gets nowhere else.
private let inFish = #"""
    printf '%s\n' 'source $FOLDER/listbreaker.fish; complete -C $LINE >$HOME/offered 2>$HOME/said' exit |
        script -qec 'fish --no-config -i' /dev/null >/dev/null
    cat "$HOME/offered"
    cat "$HOME/said" >&2
    """#

@Suite(.serialized) struct `What Tab completes in other shells` {
    private let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path

    /// What each line is completed to, with a daemon that knows a hostile list; `complete` asks the shell.
    private func completes(
        _ complete: (_ line: String, _ folder: String, _ socket: String) async throws -> [String]
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (shell, name) in [("zsh", "_listbreaker"), ("fish", "listbreaker.fish")] {
            let script = try await run(["--generate-completion-script", shell]).output
            try script.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        var report = StatusReport.storm
        report.lists[1].list = "$(touch${IFS}\(folder)/run)@example.org"
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = String(decoding: try encoder.encode(report), as: UTF8.self)
        try await withDaemon({ _, _ in .done("", body: body) }) { path in
            for (line, expected) in [
                ("listbreaker sta", ["status"]), ("listbreaker status ", ["annonce@example.org"]),
                ("listbreaker reset ", ["7", "annonce@example.org"]), ("listbreaker ack ", ["7"]),
                ("listbreaker reset 7 --held ", ["discard", "keep", "release"]),
                ("listbreaker status q", []),
            ] {
                let offered = try await complete(line, folder, path)
                #expect(offered.sorted() == expected, "\(line)")
            }
        }
        let after = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(after == before, "a list's name was run")
        // Without a daemon nothing is offered; a verb is all the same.
        let alone = try await complete("listbreaker status ", folder, "/nonexistent/socket")
        #expect(alone == [])
        let verb = try await complete("listbreaker sta", folder, "/nonexistent/socket")
        #expect(verb == ["status"])
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: zsh), zshIsMissing))
    func `verbs, lists, incidents and values in zsh`() async throws {
        try await completes { line, folder, socket in
            let done = try await run(
                zsh,
                ["-f", "-c", inZsh, "zsh", folder, line],
                [
                    "PATH": "\(programs):/usr/bin:/bin", "LISTBREAKER_SOCKET": socket,
                    "HOME": folder, "TERM": "dumb",
                ]
            )
            return done.output.split(separator: "\n").map(String.init)
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: fish), fishIsMissing))
    func `verbs, lists, incidents and values in fish`() async throws {
        try await completes { line, folder, socket in
            // A folder of its own for fish's own files, or they would count as run.
            let home = "\(folder)-home"
            defer { try? FileManager.default.removeItem(atPath: home) }
            try FileManager.default.createDirectory(
                atPath: home,
                withIntermediateDirectories: true
            )
            let done = try await run(
                "/bin/sh",
                ["-c", inFish],
                [
                    "PATH": "\(programs):/usr/bin:/bin", "LISTBREAKER_SOCKET": socket,
                    "HOME": home, "FOLDER": folder, "LINE": line, "TERM": "dumb",
                    "LC_ALL": "C.UTF-8",
                ]
            )
            #expect(done.errors == "")
            // What is offered, without what is said of it.
            return done.output.split(separator: "\n")
                .map { String($0.prefix { $0 != "\t" }) }
        }
    }
}
