// SPDX-License-Identifier: Apache-2.0
//
// What the shell may complete: names that the daemon knows, asked when Tab is pressed. The mistake to
// avoid: a stranger's name in a shell. bash's `compgen -W` expands what it is given, so that a list called
// `$(id)@x` would be run; only names of harmless letters are offered.

internal import ArgumentParser
internal import Breaker
internal import Control
internal import Reports

/// Completions that are asked for.
enum Suggested {
    /// Lists that are tracked.
    static let lists = CompletionKind.custom { _, _, _ in harmless(knownLists) }
    /// Lists, and incidents that are not closed.
    static let scopes = CompletionKind.custom { _, _, _ in harmless(openNumbers + knownLists) }
    /// Incidents that are not closed, newest first.
    static let open = CompletionKind.custom { _, _, _ in harmless(openNumbers) }
    /// The latest incidents.
    static let incidents = CompletionKind.custom { _, _, _ in harmless(latestNumbers) }
    /// Lists and posts of which something is on hold.
    static let held = CompletionKind.custom { _, _, _ in harmless(heldNames) }
    /// Posts that were discarded.
    static let saved = CompletionKind.custom { _, _, _ in harmless(savedPosts) }
    /// Alert targets.
    static let targets = CompletionKind.custom { _, _, _ in harmless(knownTargets) }
    /// Scenarios of the usual folder.
    static let scenarios = CompletionKind.custom { _, _, _ in
        harmless((try? ScenarioFiles(seeds: nil).all().map(\.name)) ?? [])
    }

    /// Those of `names` that mean nothing to any shell, in their order, each once.
    static func harmless(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { name in
            !name.isEmpty && !name.hasPrefix("-") && name.utf8.allSatisfy(isHarmless)
                && seen.insert(name).inserted
        }
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "@._+-=".utf8.contains(byte)
        }
    }

    /// A report; nil where the daemon cannot be asked: Tab then completes nothing, and says nothing.
    private static func report<Report: Decodable>(
        _ request: ControlRequest,
        _ type: Report.Type
    ) -> Report? {
        guard let control = try? ControlOptions.parse([]) else { return nil }
        return try? control.report(request, as: type).report
    }

    private static var knownLists: [String] {
        report(ControlRequest(.status), StatusReport.self)?.lists.map(\.list) ?? []
    }

    private static var openNumbers: [String] {
        let incidents = report(.briefStatus, StatusReport.self)?.incidents ?? []
        return incidents.reversed().map { "\($0.number)" }
    }

    private static var latestNumbers: [String] {
        report(ControlRequest(.incidents), [IncidentStatus].self)?.map { "\($0.number)" } ?? []
    }

    private static var knownTargets: [String] {
        report(.briefStatus, StatusReport.self)?.paging.targets ?? []
    }

    private static var heldNames: [String] {
        let posts = report(ControlRequest(.held), HeldReport.self)?.posts ?? []
        return posts.compactMap(\.list) + posts.map(\.post)
    }

    private static var savedPosts: [String] {
        var request = ControlRequest(.held)
        request.isSaved = true
        return report(request, HeldReport.self)?.posts.map(\.post) ?? []
    }
}
