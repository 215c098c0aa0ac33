// SPDX-License-Identifier: Apache-2.0
//
// Logs of real daemons, each with what it must add up to. To add one: put the lines into a file in
// Corpus, `program[pid]: text` without date and host, and above them one `# expect` line for each
// list, and one `# sender` line for each sender that is no list. Who is not named there must not
// appear.

import EventTime
import FoundationEssentials
import ListTraffic
import MailLog
import TestSupport
import Testing

/// One log with its expectations.
struct CorpusLog: CustomTestStringConvertible, Sendable {
    var name: String
    var expected: [String: ListSums] = [:]
    /// Posters of all posts in order, where the file says so.
    var posters: [String]?
    /// What went to the outside, by sender.
    var outward: [String: Outward] = [:]
    /// Kinds of all posts in order, where the file says so.
    var kinds: [String]?
    var lines: [(identifier: String, message: String)] = []

    var testDescription: String { name }

    static let directory = URL(filePath: #filePath).deletingLastPathComponent().path() + "Corpus"

    static let all: [CorpusLog] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".log") }.sorted().compactMap { CorpusLog($0) }
    }()

    init?(_ name: String) {
        self.name = name
        guard
            let text = try? String(contentsOfFile: "\(Self.directory)/\(name)", encoding: .utf8)
        else { return nil }
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") {
                readExpectation(line)
            } else if let mark = line.firstRange(of: "]: "),
                let bracket = line[..<mark.lowerBound].lastIndex(of: "[")
            {
                lines.append((String(line[..<bracket]), String(line[mark.upperBound...])))
            }
        }
    }

    private mutating func readExpectation(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 2 else { return }
        switch words[1] {
        case "expect":
            var sums = ListSums()
            for word in words.dropFirst(3) {
                let pair = word.split(separator: "=")
                let value = Int(pair.last ?? "") ?? -1
                switch pair.first {
                case "posts": sums.posts = value
                case "announced": sums.announced = Int64(value)
                case "sent": sums.sent = Int64(value)
                case "returned": sums.returned = value
                default: break
                }
            }
            expected[words[2]] = sums
        case "sender":
            var sums = Outward()
            for word in words.dropFirst(3) {
                let pair = word.split(separator: "=")
                let value = Int64(pair.last ?? "") ?? -1
                switch pair.first {
                case "messages": sums.messages = value
                case "copies": sums.copies = value
                case "refused": sums.refused = value
                default: break
                }
            }
            outward[words[2]] = sums
        case "posters": posters = Array(words.dropFirst(2))
        case "kinds": kinds = Array(words.dropFirst(2))
        default: break
        }
    }
}

@Suite struct CorpusTests {
    @Test func `the corpus is there`() {
        #expect(CorpusLog.all.count >= 10)
    }

    @Test(arguments: CorpusLog.all)
    func `a real log adds up`(corpus: CorpusLog) {
        var log = LogScript()
        for line in corpus.lines { log.feed(identifier: line.identifier, line.message) }
        #expect(log.sums == corpus.expected)
        #expect(log.outward == corpus.outward)
        if let posters = corpus.posters { #expect(log.posts.map(\.posterAddress) == posters) }
        if let kinds = corpus.kinds { #expect(log.posts.map { "\($0.kind)" } == kinds) }
    }

    /// What journald may drop, by what is lost: sums may be less, never more.
    @Test(arguments: CorpusLog.all, UInt64(1)...3)
    func `lines that are dropped make nothing up`(corpus: CorpusLog, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var log = LogScript()
        for line in corpus.lines where random.below(10) != 0 {
            log.feed(identifier: line.identifier, line.message)
        }
        for (list, sums) in log.sums {
            let whole = corpus.expected[list] ?? ListSums()
            #expect(sums.posts <= whole.posts, "\(list)")
            // Behind a filter each copy has two lines, and only the twin's tell that one is none.
            if corpus.name.contains("filter") { continue }
            #expect(sums.sent <= whole.sent, "\(list)")
        }
        for (sender, sums) in log.outward {
            let whole = corpus.outward[sender] ?? Outward()
            // Behind a filter a message whose twin lost its lines counts twice, no more.
            #expect(sums.messages <= 2 * whole.messages, "\(sender)")
        }
    }
}
