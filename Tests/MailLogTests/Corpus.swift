// SPDX-License-Identifier: Apache-2.0
//
// The project's own corpus: lines that real daemons wrote, each with its expectation in a comment
// above it. Whoever meets a new line adds two lines to a file in Corpus/.

import EventTime
import FoundationEssentials
import MailLog

/// One line of the corpus.
struct Sample {
    var file: String
    var number: Int
    var line: [UInt8]
    /// Nil where the comment above the line cannot be read, or no line follows it.
    var expected: JSONValue?

    /// All samples of all files.
    static func load() -> [Sample] {
        let folder =
            "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Corpus"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".log") }.sorted().flatMap { read(folder, $0) }
    }

    private static func read(_ folder: String, _ name: String) -> [Sample] {
        guard let content = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            return []
        }
        return samples(name, content)
    }

    /// The samples of a file's text: one for each comment that begins an expectation, sound or not.
    static func samples(_ name: String, _ content: some Sequence<UInt8>) -> [Sample] {
        var samples: [Sample] = []
        var comment: Int?
        var expected: JSONValue?
        let mark = Array("# expect:".utf8)
        func end(_ line: some Sequence<UInt8>, isSound: Bool = true) {
            guard let number = comment else { return }
            samples.append(
                Sample(
                    file: name,
                    number: number,
                    line: Array(line),
                    expected: isSound ? expected : nil
                )
            )
            comment = nil
        }
        let lines = Array(content).split(separator: 10, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.starts(with: mark) {
                end([], isSound: false)
                expected = JSONValue(line.dropFirst(mark.count))
                comment = index + 2
            } else {
                end(line, isSound: !line.isEmpty)
            }
        }
        end([], isSound: false)
        return samples
    }

    /// A reader that believes text, for the format of addresses that the file was written with.
    var reader: LineReader {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        return LineReader(settings: settings)
    }

    /// What `bytes`, the sample or a mutation of it, are read as.
    func shown(_ bytes: [UInt8]) -> (MailEvent, EventDescription) {
        let (event, identifier) = reader.reading(
            line: ByteRange(start: 0, end: bytes.count),
            in: bytes,
            time: Timestamp(microseconds: 0)
        )
        return (event, EventDescription(event, identifier: identifier, in: bytes))
    }
}
