// SPDX-License-Identifier: Apache-2.0
//
// A queue that cannot be read is not an empty one: whichever call of looking at it fails, either all of
// it was seen, or that is said. What is taken for empty is neither held, nor given back, nor known to
// pass, and its copies would be taken for leaks.

import CFaults
import Glibc
import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(
    .serialized,
    .enabled(if: cfaults_can_fail() != 0, "the sanitizer stands before libc's calls itself")
)
struct BlindnessTests {
    /// Does `look` with each call failing in turn: it sees `all`, or throws.
    private func exhaust<Seen: Equatable>(
        _ what: String,
        _ all: Seen,
        _ look: () throws -> Seen
    ) {
        for code in [EACCES, EIO] {
            var passed = 0
            while true {
                var seen: Seen?
                cfaults_arm(passed, code, 0)
                do { seen = try look() } catch let error as HaltError {
                    #expect(!error.description.isEmpty)
                } catch { Issue.record("\(error)") }
                let hasFailed = cfaults_disarm() != 0
                let call = unsafe String(cString: cfaults_call())
                if let seen { #expect(seen == all, "\(what): call \(passed), \(call)") }
                guard hasFailed else {
                    #expect(seen != nil && passed > 1, "\(what): \(passed) calls")
                    break
                }
                passed += 1
            }
        }
    }

    private func ids(_ names: [String]) -> Set<QueueID> { Set(names.compactMap { QueueID($0) }) }

    @Test(.enabled(if: PrivatePostfix.isPossible))
    func `Postfix: on hold, closed, and let go are seen or said`() throws {
        let postfix = try PrivatePostfix(extra: "hash_queue_names = hold deferred")
        let driver = try postfix.driver()
        let gate = driver.gate(try #require(driver.instances.first))
        exhaust("gate", ["smtp", "relay", "out-2"]) { try gate.open }
        #expect(driver.halt().isHalted)
        for number in 1...4 { try postfix.send(to: ["m\(number)@sub.test"]) }
        #expect(eventually { driver.rehold().heldTotal == 4 })
        let instance = try #require(driver.instances.first)
        let held = postfix.ids(in: "hold")
        #expect(held.count == 4)
        let queue = try driver.queue(of: instance)
        exhaust("hold", held) { try queue.onHold() }
        exhaust("remains", 4) { try queue.remains(of: Array(held)).count }

        let id = try #require(held.first)
        try queue.passes.add([id])
        let file = try SafeEntry.at(queue.path(of: id))
        #expect(QueueFile.letPass(file, by: nil))
        // One file that cannot be read is not known to pass; a folder of them is another matter.
        exhaust("notes of what passes", [id]) { () throws -> Set<QueueID> in
            try queue.prunePasses()
            return try queue.passes.read()
        }
    }

    @Test func `Exim: a folder that cannot be read is said`() throws {
        let scratch = try Scratch()
        let path = scratch.path
        for name in ["spool", "spool/input", "spool/input/a", "state"] {
            try StateFile.makeDirectory("\(path)/\(name)")
        }
        let id = "1xVnwa-0000DM-35"
        for part in ["D", "H"] { try scratch.write("spool/input/a/\(id)-\(part)", "x\n") }
        try scratch.write(
            "exim",
            """
            #!/bin/sh
            case "$1 $2" in
            -bV*) echo "Configuration file is \(path)/exim.conf" ;;
            "-bP spool_directory") echo "spool_directory = \(path)/spool" ;;
            -bP*) echo "$2 = " ;;
            -bpru*) printf '25m  2.9K \(id) <news@example.org> *** frozen ***\\n          a@b.test\\n\\n' ;;
            esac

            """,
            mode: 0o755
        )
        let site = try EximSite(program: "\(path)/exim")
        let queue = try EximQueue(site, state: "\(path)/state")
        let all = ids([id])
        #expect(try queue.onHold() == all)
        exhaust("folders", 2) { try StateFile.files(below: "\(path)/spool/input").count }
        #expect(try queue.remains(of: Array(all)).values.elementsEqual([.whole]))
        // By a file in its place, as by a damaged disk: the folder is there, and is none.
        try scratch.write("spool/odd", "")
        #expect(throws: HaltError.self) { try StateFile.files(below: "\(path)/spool/odd") }
    }

    @Test func `Sendmail: queue groups that cannot be read are said`() throws {
        let scratch = try Scratch()
        for name in ["q1", "q2", "q2/qf", "q2/df"] {
            try StateFile.makeDirectory("\(scratch.path)/\(name)")
        }
        try scratch.write("q1/qf6AOE6kQ3000371", "T1\n.\n")
        try scratch.write("q2/qf/hf6AOE6kQ3000372", "T1\n.\n")
        let spool = SendmailSpool(queues: ["\(scratch.path)/q*"])
        let all = ids(["6AOE6kQ3000371", "6AOE6kQ3000372"])
        exhaust("messages", all) { Set(try spool.messages().map(\.id)) }
        exhaust("directories", ["\(scratch.path)/q1", "\(scratch.path)/q2"]) {
            try spool.directories
        }
    }
}
