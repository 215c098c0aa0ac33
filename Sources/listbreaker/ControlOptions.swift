// SPDX-License-Identifier: Apache-2.0
//
// What all verbs share that talk to the daemon: where it listens, and how a response becomes a
// result or a failure. The daemon's code is our exit status.

internal import ArgumentParser
internal import Control
internal import FoundationEssentials
internal import Words

/// Where the daemon listens.
struct ControlOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket; also $LISTBREAKER_SOCKET.",
            valueName: "path"
        )
    )
    var socket: String?

    /// Asks the daemon; throws ``Failure`` when it cannot be reached or refuses.
    func ask(_ request: ControlRequest) throws -> ControlResponse {
        let path =
            socket ?? Console.variable("LISTBREAKER_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
            ?? ControlClient.defaultPath
        let response: ControlResponse
        var request = request
        request.login = Console.login
        do throws(ControlError) {
            response = try ControlClient.ask(request, path: path)
        } catch {
            throw Failure(code: error.code, message: error.description)
        }
        guard response.ok else {
            throw Failure(
                code: response.code,
                message: LocalTime.inWords(shownLines(response.message))
            )
        }
        return response
    }

    /// Asks the daemon for a report; returns it and its JSON text, made safe for a terminal.
    func report<Report: Decodable>(
        _ request: ControlRequest,
        as type: Report.Type
    ) throws -> (report: Report, json: String) {
        let response = try ask(request)
        guard let body = response.body, let report = try? Wire.read(type, from: body) else {
            throw Failure(
                code: ControlCode.unknown,
                message: "cannot understand the daemon's report; are listbreaker and "
                    + "listbreakerd of one version?"
            )
        }
        return (report, JSONText.madeSafe(body))
    }

    /// Gives `request` as a command and prints what came of it.
    func command(_ request: ControlRequest, _ form: OutputOptions) throws {
        if let problem = request.problem {
            throw Failure(code: ControlCode.usage, message: problem)
        }
        let response = try ask(request)
        if form.json {
            print(try Wire.write(CommandResult(response)))
        } else {
            print(LocalTime.inWords(shownLines(response.message)))
        }
    }
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of text.")
    var json = false

    @Flag(help: "No colours; also $NO_COLOR.")
    var noColor = false

    /// The console for text.
    var console: Console { .output(noColour: noColor) }
}

/// What `--json` prints of a command.
struct CommandResult: Encodable {
    var version = 1
    var code: Int32
    var message: String

    init(_ response: ControlResponse) {
        code = response.code
        message = response.message
    }
}

/// JSON with the names that people see: snake_case.
enum Wire {
    /// Reads `text`; keys are snake_case there and camelCase in `type`, with `id` as `ID`.
    static func read<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            Key(stringValue: camelCase(path.last?.stringValue ?? ""))
        }
        return try decoder.decode(type, from: Data(text.utf8))
    }

    /// Writes `value` on one line, safe on a terminal.
    static func write(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return JSONText.madeSafe(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        let rest = words.dropFirst().map {
            $0 == "id" ? "ID" : $0.prefix(1).uppercased() + $0.dropFirst()
        }
        return (words.first.map(String.init) ?? name) + rest.joined()
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
