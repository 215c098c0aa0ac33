// SPDX-License-Identifier: Apache-2.0
//
// What `simulate` is told about real traffic: what the lists look like that it is written for.

internal import ArgumentParser
internal import Control
internal import StormSimulator
internal import Words

/// The lists that real traffic is written for.
struct RecordedOptions: ParsableArguments {
    /// How the lists make copies, by the names that people use.
    enum Shape: String, ExpressibleByArgument, CaseIterable {
        case alias, aliasWithoutOwner = "alias-without-owner", mlmmj, mailman
        case mailmanVerp = "mailman-verp"

        /// The shape in a scenario.
        var shape: ListShape {
            switch self {
            case .alias: .includeOwner
            case .aliasWithoutOwner: .include
            case .mlmmj: .mlmmj
            case .mailman: .mailman
            case .mailmanVerp: .mailmanVerp
            }
        }
    }

    @Option(
        help: """
            With --traffic: alias, alias-without-owner, mlmmj, mailman or mailman-verp; default alias.
            """
    )
    var shape: Shape?

    @Option(help: "With --traffic: members of each list; default 5000.")
    var members: Int?

    @Flag(help: "With --traffic: a line for every copy, and chunks of their usual size.")
    var whole = false

    /// Whether any of them was given.
    var isGiven: Bool { shape != nil || members != nil || whole }

    func validate() throws {
        if let members, !(1...10_000_000).contains(members) {
            throw ValidationError("--members is 1 to 10000000")
        }
    }

    /// The host and the posts of the rows in `files`.
    ///
    /// Throws ``Failure`` when one cannot be read, or when there are no rows in them.
    func read(
        _ files: [String],
        hasHeaders: Bool
    ) throws -> (Scenario, [SimulatedPost]) {
        var traffic = RecordedTraffic(shape: (shape ?? .alias).shape, members: members ?? 5000)
        for file in files {
            let lines = try LineStream(path: file)
            while let line = lines.next() {
                traffic.take(Substring(decoding: line, as: UTF8.self))
            }
            if let damage = lines.damage { Console.complain(damage) }
        }
        let (scenario, posts) = traffic.plan(hasHeaders: hasHeaders, isWhole: whole)
        guard !posts.isEmpty else {
            throw Failure(
                code: ControlCode.failed,
                message: "there are no rows of traffic in '\(shown(files[0]))'; a row is "
                    + "unix_time,list,sender,message_id,in_reply_to,is_reply,date_lag_s"
            )
        }
        return (scenario, posts)
    }
}
