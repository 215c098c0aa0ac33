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
    var expected: JSONValue

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
        var samples: [Sample] = []
        var expected: JSONValue?
        let mark = Array("# expect: ".utf8)
        for (index, line) in content.split(separator: 10, omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.starts(with: mark) {
                expected = JSONValue(line.dropFirst(mark.count))
            } else if let wanted = expected {
                samples.append(
                    Sample(file: name, number: index + 1, line: Array(line), expected: wanted)
                )
                expected = nil
            }
        }
        return samples
    }

    /// A reader that believes text, for the format of addresses that the file was written with.
    var reader: LineReader {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        settings.acceptsAnyInstance = true
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
