// SPDX-License-Identifier: Apache-2.0
//
// Which held mail is meant, and how fast it may go, as they are typed.

internal import ArgumentParser
internal import Control

/// Lists, posts, all of it, or the queue.
struct HeldMailArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Lists by their addresses, and posts; with * every post whose Message-ID, sender or "
                + "From is of that form; - reads them, one a line.",
            valueName: "list|post"
        ),
        completion: Suggested.held
    )
    var names: [String] = []

    @Flag(help: "All that is on hold.")
    var all = false

    @Flag(help: "What the halt of the whole queue held.")
    var queue = false

    func validate() throws {
        let ways = (names.isEmpty ? 0 : 1) + (all ? 1 : 0) + (queue ? 1 : 0)
        if ways != 1 {
            throw ValidationError(
                "name lists or posts, or say --all, or --queue; one of them"
            )
        }
    }

    /// `names`, with those of standard input in place of `-`.
    static func read(_ names: [String]) throws -> [String] {
        var found: [String] = []
        for name in names {
            guard name == "-" else {
                found.append(name)
                continue
            }
            while let line = readLine() {
                // As 'held' prints them: the first word is the post.
                if let word = line.split(whereSeparator: \.isWhitespace).first {
                    found.append(String(word))
                }
            }
        }
        guard !found.isEmpty || names.isEmpty else {
            throw Failure(code: ControlCode.usage, message: "no post was named on standard input")
        }
        return found
    }
}

/// Copies per span of time: `600/min`, `10/s`, `36000/h`, or `0`.
struct RateArgument: ExpressibleByArgument, Equatable {
    /// Copies a minute.
    var perMinute: Int64

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let count = Int64(parts[0]), (0...1_000_000_000).contains(count)
        else { return nil }
        switch parts.count == 2 ? parts[1] : "min" {
        case "s", "sec": perMinute = count * 60
        case "min", "m": perMinute = count
        case "h": perMinute = count == 0 ? 0 : max(1, count / 60)
        default: return nil
        }
    }
}
