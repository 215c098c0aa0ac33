// SPDX-License-Identifier: Apache-2.0
//
// Runs a manager script, as alert scripts are run: directly, with a deadline, a bounded output and
// an environment of its own. It gets a verb and a list's address as arguments; what it says is taken
// line by line. The mistake to avoid: taking exit 0 of a script that was not asked for what happened.

public import EventTime

/// A script that stops lists at a list manager, and restores them.
public struct ManagerScript: Sendable {
    /// What it is asked.
    public enum Verb: String, Sendable {
        /// Let the list hold every post, and tell nobody.
        case stop
        /// Give the list back what it had.
        case restore
        /// Say which lists are stopped, and which list manager answers.
        case status
    }

    /// How it went.
    public enum Outcome: Sendable, Equatable {
        /// Exit status 0.
        case done
        /// Exit status 67: the list manager has no such list.
        case unknown
        /// Not done, for this reason.
        case failed(String)
        /// Not done, and neither would anything else be: the list manager does not answer (exit
        /// status 75), it cannot be asked (78), or the script did not run to its end.
        case unreachable(String)
    }

    /// What it said.
    public struct Answer: Sendable, Equatable {
        /// How it went.
        public var outcome: Outcome
        /// `stopped: LIST`, said by `status`.
        public var stopped: [String] = []
        /// `changed: SENTENCE`: what somebody else changed meanwhile, and is left alone.
        public var changed: [String] = []
    }

    /// Longest that one run may take: 60 s.
    ///
    /// Chosen; six questions to Mailman take 0.5 s, and each is given up after 10 s.
    public static let timeout = TimeSpan.minutes(1)
    /// Where the scripts of the package are.
    public static let directory = "/usr/share/listbreaker/managers"

    private let path: String
    private let environment: [String: String]

    /// The script `name`, one of the package's or an absolute path.
    ///
    /// `state` is a directory in which it keeps what lists had; `credentials` holds its secrets.
    public init(_ name: String, state: String, credentials: String?) {
        path = name.hasPrefix("/") ? name : "\(Self.directory)/\(name)"
        let target = path.split(separator: "/").last.map(String.init) ?? name
        var environment = [
            "PATH": Environment.path,
            "LC_ALL": "C.UTF-8",
            "LISTBREAKER_TARGET": target,
            "LISTBREAKER_STATE": state,
        ]
        if let credentials { environment["CREDENTIALS_DIRECTORY"] = credentials }
        self.environment = environment
    }

    /// Asks it.
    public func ask(_ verb: Verb, _ list: String? = nil) async -> Answer {
        let call = ScriptCall(
            path: path,
            event: verb.rawValue,
            subject: list,
            input: "",
            environment: environment,
            timeout: Self.timeout
        )
        return Self.answer(await ScriptRunner.run(call), path)
    }

    private static func answer(_ result: RunResult, _ path: String) -> Answer {
        var answer = Answer(outcome: outcome(result, path))
        for line in result.output {
            let parts = line.split(separator: ":", maxSplits: 1).map {
                String($0.drop { $0 == " " })
            }
            switch (parts.first, parts.count) {
            case ("stopped", 2): answer.stopped.append(parts[1])
            case ("changed", 2): answer.changed.append(parts[1])
            default: break
            }
        }
        return answer
    }

    private static func outcome(_ result: RunResult, _ path: String) -> Outcome {
        let said = result.output.last.map { ": \($0)" } ?? ""
        return switch result.outcome {
        case .delivered: .done
        case .temporary: .unreachable("'\(path)' has no answer\(said)")
        case .failed(code: 67): .unknown
        case .failed(code: 78): .unreachable("'\(path)' is not set up\(said)")
        case .failed(let code): .failed("'\(path)' ended with \(code)\(said)")
        case .timedOut: .unreachable("'\(path)' did not end within \(timeout.text)\(said)")
        case .signalled(let number): .unreachable("'\(path)' was ended by signal \(number)\(said)")
        case .stopped: .unreachable("'\(path)' was cut short because listbreakerd stops")
        case .notStarted(let number): .unreachable("'\(path)' cannot be run (errno \(number))")
        }
    }
}
