// SPDX-License-Identifier: Apache-2.0
//
// An open breaker survives an upgrade: what the version before saved of every story is read, means
// the same, and is saved again as that version would have, so that it survives the way back as well.

import EventTime
import FoundationEssentials
import Testing

@testable import Breaker

private let path = #filePath.components("/Tests/")[0] + "/Tests/Golden/breaker/saved-boards.tsv"

extension String {
    /// The text in front of `mark`, and what follows.
    fileprivate func components(_ mark: String) -> [String] {
        guard let range = firstRange(of: mark) else { return [self] }
        return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
    }
}

/// One story as the version before saved it.
private struct SavedLine {
    var name: String
    var board: String
    var incidents: String

    static func all() throws -> [SavedLine] {
        let text = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: path)),
            as: UTF8.self
        )
        return text.split(separator: "\n").map { line in
            let fields = line.split(separator: "\t").map(String.init)
            return SavedLine(name: fields[0], board: fields[1], incidents: fields[2])
        }
    }

    func decoded() throws -> (board: BreakerBoard, incidents: [Incident]) {
        let decoder = JSONDecoder()
        return (
            try decoder.decode(BreakerBoard.self, from: Data(board.utf8)),
            try decoder.decode([Incident].self, from: Data(incidents.utf8))
        )
    }
}

@Suite struct SavedTests {
    @Test func `every story has a line`() throws {
        #expect(try SavedLine.all().map(\.name) == savedStories.map(\.name))
        #expect(savedStories.count == 47)
    }

    @Test(arguments: savedStories.indices)
    func `what the version before saved is read and means the same`(index: Int) throws {
        let line = try SavedLine.all()[index]
        let story = savedStories[index]
        let (board, incidents) = try line.decoded()
        let ours = story.bench.board
        #expect(board.queue == ours.queue && board.pendingResume == ours.pendingResume)
        #expect(Array(board.incidents) == Array(ours.incidents))
        #expect(Array(board.clearings) == Array(ours.clearings))
        #expect(board.holds == ours.holds)
        #expect(board.doubts == ours.doubts)
        #expect(board.mode == ours.mode && board.modeSetBy == ours.modeSetBy)
        #expect(incidents == story.incidents.sorted { $0.key < $1.key }.map(\.value))
        var upgraded = story.bench
        upgraded.board = board
        var stayed = story.bench
        let later = friday + .hours(4)
        #expect(upgraded.start(later) == stayed.start(later), "a start does the same")
        let morning = later + .minutes(3)
        #expect(upgraded.tick(morning) == stayed.tick(morning), "and so does time")
    }

    @Test(arguments: savedStories.indices)
    func `what is saved is what the version before would have saved`(index: Int) throws {
        let line = try SavedLine.all()[index]
        let (board, incidents) = try line.decoded()
        // Of a closed incident nobody asks any more when its probation was to end.
        let rows =
            line.name == "closed"
            ? line.incidents.without("\"probationEnds\":", through: ",") : line.incidents
        #expect(SavedStory.json(board) == line.board)
        #expect(SavedStory.json(incidents) == rows)
        #expect(savedStories[index].line == "\(line.name)\t\(line.board)\t\(rows)")
    }
}

extension String {
    /// The text without what begins with `mark`, through the first `end` behind it.
    fileprivate func without(_ mark: String, through end: Character) -> String {
        let parts = components(mark)
        guard parts.count == 2 else { return self }
        return parts[0] + String(parts[1].drop { $0 != end }.dropFirst())
    }
}
