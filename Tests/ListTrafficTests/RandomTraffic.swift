// SPDX-License-Identifier: Apache-2.0
//
// Seeded random traffic of many shapes, and what it must add up to. Messages are broken into their
// lines and the lines of many messages are mixed, each message's own order kept, as a log has them.

import EventTime
import ListTraffic
import MailLog
import TestSupport

/// One log line: who wrote it and what.
struct ScriptLine {
    var process: String
    var message: String
}

/// A random mix of posts and other mail.
struct RandomTraffic {
    var random: SplitMix64
    var threads: [[ScriptLine]] = []
    var expected: [String: ListSums] = [:]
    var outbound = 0
    private var nextID = 1

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private mutating func id() -> String {
        nextID += 1
        // Both forms of ids.
        return random.below(2) == 0
            ? LogScript.id(nextID) : "4jYX" + String(nextID, radix: 10) + "Kbz2QF9x"
    }

    /// `count` messages, of which most are posts.
    mutating func add(messages count: Int) {
        for number in 0..<count {
            let message = "m\(number).\(random.below(1000))@example.org"
            switch random.below(6) {
            case 0: addOther(message)
            case 1: addAlias(message, hasOwner: true)
            case 2: addAlias(message, hasOwner: false)
            case 3: addManaged(message, "mailman", chunk: 7) { _ in "mailman-bounces@l.example" }
            case 4:
                addManaged(message, "mlmmj", chunk: 1) {
                    "mlmmj+bounces-9-m\($0)=example.com@l.example"
                }
            default:
                addManaged(message, "verp", chunk: 1) {
                    "verp-bounces+m\($0)=example.com@l.example"
                }
            }
        }
    }

    private func queued(_ id: String, _ sender: String, _ count: Int) -> ScriptLine {
        ScriptLine(
            process: "qmgr",
            message: "\(id): from=<\(sender)>, size=900, nrcpt=\(count) (queue active)"
        )
    }

    private func outcome(
        _ id: String,
        _ to: String,
        _ process: String,
        _ relay: String,
        _ status: String,
        _ text: String,
        original: String = ""
    ) -> ScriptLine {
        let orig = original.isEmpty ? "" : "orig_to=<\(original)>, "
        return ScriptLine(
            process: process,
            message: "\(id): to=<\(to)>, \(orig)relay=\(relay), delay=1, delays=0/0/0.5/0.5, "
                + "dsn=2.0.0, status=\(status) (\(text))"
        )
    }

    private func arrival(_ id: String, _ sender: String, _ message: String, _ client: String)
        -> [ScriptLine]
    {
        [
            ScriptLine(process: "smtpd", message: "\(id): client=\(client)"),
            ScriptLine(process: "cleanup", message: "\(id): message-id=<\(message)>"),
        ]
    }

    /// The copies of one fan-out message, with retries, in any order.
    private mutating func copies(_ id: String, _ sender: String, _ members: [Int], original: String)
        -> [ScriptLine]
    {
        var lines: [ScriptLine] = []
        var waiting = members.shuffled(using: &random)
        while !waiting.isEmpty {
            let tried = waiting
            waiting = []
            for member in tried {
                let to = "m\(member)@example.com"
                if random.below(5) == 0 {
                    lines.append(
                        outcome(
                            id,
                            to,
                            "smtp",
                            "mx.example.com[203.0.113.5]:25",
                            "deferred",
                            "450 4.2.0 Greylisted, status=sent (250 Ok",
                            original: original
                        )
                    )
                    waiting.append(member)
                } else {
                    lines.append(
                        outcome(
                            id,
                            to,
                            "relay/smtp",
                            "mx.example.com[203.0.113.5]:25",
                            "sent",
                            "250 Ok",
                            original: original
                        )
                    )
                    outbound += 1
                }
            }
            if !waiting.isEmpty { lines.append(queued(id, sender, members.count)) }
        }
        lines.append(ScriptLine(process: "qmgr", message: "\(id): removed"))
        return lines
    }

    private mutating func addOther(_ message: String) {
        let id = id()
        let sender = ["x@y.example", "foo-bounces@elsewhere.example", ""][random.below(3)]
        var lines = arrival(id, sender, message, "mx.example.net[192.0.2.9]")
        lines.append(queued(id, sender, 2))
        lines += copies(id, sender, [1, 2], original: "")
        threads.append(lines)
    }

    private mutating func addAlias(_ message: String, hasOwner: Bool) {
        let (parent, child, members) = (id(), id(), 3 + random.below(9))
        let poster = "p\(random.below(5))@example.net"
        let list = hasOwner ? "owned@l.example" : "bare@l.example"
        let sender = hasOwner ? "owner-owned@l.example" : poster
        var lines = arrival(parent, poster, message, "mx.example.net[192.0.2.9]")
        lines.append(queued(parent, poster, 1))
        lines.append(ScriptLine(process: "cleanup", message: "\(child): message-id=<\(message)>"))
        lines.append(queued(child, sender, members))
        lines.append(outcome(parent, list, "local", "local", "sent", "forwarded as \(child)"))
        lines.append(ScriptLine(process: "qmgr", message: "\(parent): removed"))
        lines += copies(child, sender, Array(1...members), original: hasOwner ? "" : list)
        threads.append(lines)
        count(list, members)
    }

    private mutating func addManaged(
        _ message: String,
        _ name: String,
        chunk: Int,
        _ sender: (Int) -> String
    ) {
        let (parent, members) = (id(), 3 + random.below(20))
        let poster = "p\(random.below(5))@example.net"
        var lines = arrival(parent, poster, message, "mx.example.net[192.0.2.9]")
        lines.append(queued(parent, poster, 1))
        lines.append(
            outcome(parent, "\(name)@l.example", "lmtp", "127.0.0.1[127.0.0.1]:8024", "sent", "Ok")
        )
        lines.append(ScriptLine(process: "qmgr", message: "\(parent): removed"))
        threads.append(lines)
        let place = threads.count - 1
        var done = 0
        while done < members {
            let size = min(chunk, members - done)
            let (id, from) = (id(), sender(done + 1))
            var copy = arrival(id, from, message, "localhost[127.0.0.1]")
            copy.append(queued(id, from, size))
            copy += copies(id, from, Array((done + 1)...(done + size)), original: "")
            threads[place] += copy
            done += size
        }
        count("\(name)@l.example", members)
    }

    private mutating func count(_ list: String, _ members: Int) {
        expected[list, default: ListSums()].posts += 1
        expected[list, default: ListSums()].announced += Int64(members)
        expected[list, default: ListSums()].sent += Int64(members)
    }

    /// The lines of all messages, mixed.
    mutating func lines() -> [ScriptLine] {
        var mixed: [ScriptLine] = []
        var open = threads.map { $0[...] }
        while !open.isEmpty {
            // Few messages at a time, so that ends and beginnings meet.
            let place = random.below(min(open.count, 8))
            if let line = open[place].popFirst() { mixed.append(line) }
            if open[place].isEmpty { open.remove(at: place) }
        }
        return mixed
    }
}
