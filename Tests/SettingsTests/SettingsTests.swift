// SPDX-License-Identifier: Apache-2.0
//
// What golden files cannot show: bytes that are no text, limits, mutations, and that the vendor
// file and the manual page say what the table says.

import Breaker
import EventTime
import ListTraffic
import Settings
import StormDetection
import TestSupport
import Testing

private func problems(_ bytes: [UInt8]) -> [String] {
    switch SettingsReader.read([SettingsText(path: "x.conf", bytes: bytes)]) {
    case .success: []
    case .failure(let errors): errors.problems.map(\.description)
    }
}

@Suite struct `Reading settings` {
    @Test func `no file at all gives the vendor defaults`() throws {
        let (settings, _) = try SettingsReader.read([]).get()
        #expect(settings == Settings())
        #expect(settings.mode == .observe)
    }

    @Test func `a byte order mark and carriage returns do not matter`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("[Journal]\r\nDirectory=/x\r\n".utf8)
        let (settings, _) = try SettingsReader.read([SettingsText(path: "x", bytes: bytes)]).get()
        #expect(settings.journal.directory == "/x")
    }

    @Test func `bytes that are no text are refused with their line`() {
        #expect(
            problems(Array("[Journal]\nDirectory=".utf8) + [0xFF, 0x0A])
                == ["x.conf:2:1: the line is not UTF-8 text"]
        )
        #expect(
            problems(Array("[Journal]\nDirectory=/a\0b\n".utf8))
                == ["x.conf:2:13: the line holds a NUL byte"]
        )
    }

    @Test func `what is quoted in a message cannot steer a terminal`() {
        let found = problems(Array("[Journal]\n\u{1B}[31m\u{202E}x=1\n".utf8))
        #expect(found == ["x.conf:2:1: unknown key '?[31m?x' in [Journal]"])
    }

    @Test func `a file over one MiB is refused`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: SettingsText.longest + 1)
        #expect(
            problems(bytes)
                == ["x.conf:1:1: the file is longer than 1048576 bytes and is not read"]
        )
    }

    @Test func `at most fifty errors are kept and the rest is counted`() throws {
        let text = "[Journal]\n" + String(repeating: "Nope=1\n", count: 120)
        let result = SettingsReader.read([SettingsText(path: "x.conf", text: text)])
        guard case .failure(let errors) = result else {
            Issue.record("120 unknown keys were accepted")
            return
        }
        #expect(errors.problems.count == 50)
        #expect(errors.omitted == 70)
        #expect(errors.description.hasSuffix("\n70 further errors"))
    }

    @Test func `every default lies within its own range`() {
        for row in Settings().effective(Origins()) {
            // What is printed for a default must be accepted when it is written into a file.
            let text = "[\(row.section)]\n\(row.key)=\(row.value)\n"
            let result = SettingsReader.read([SettingsText(path: "x.conf", text: text)])
            guard case .success(let (settings, _)) = result else {
                Issue.record("[\(row.section)] \(row.key)=\(row.value) is refused: \(result)")
                continue
            }
            #expect(settings == Settings(), "[\(row.section)] \(row.key)")
        }
    }

    @Test func `thresholds of a list that are not given follow those of a later file`() throws {
        let files = [
            SettingsText(path: "a", text: "[List a@b.example]\nStrangersPerHour=2\n"),
            SettingsText(path: "b", text: "[Detection]\nStrangersPerDay=11\n"),
        ]
        let (settings, _) = try SettingsReader.read(files).get()
        let strangers = try #require(settings.detection.perList["a@b.example"]?.strangers)
        #expect(strangers.perHour == 2)
        #expect(strangers.perDay == 11)
        #expect(settings.detection.perList["a@b.example"]?.softHoldStrangers == nil)
    }

    @Test func `lists are handed to traffic as well as to detection`() throws {
        let text = "[List A@b.example]\nRegularPosters=Boss@b.example\nAliases=c@b.example\n"
        let (settings, _) = try SettingsReader.read([SettingsText(path: "a", text: text)]).get()
        #expect(settings.traffic.lists.map(\.address) == ["a@b.example"])
        #expect(settings.traffic.lists.first?.aliases == ["c@b.example"])
        #expect(settings.traffic.lists.first?.regularPosters == ["boss@b.example"])
        #expect(settings.detection.perList["a@b.example"]?.regularPosters == ["boss@b.example"])
    }

    @Test func `no mutation of a file crashes or hangs the reader`() throws {
        var random = SplitMix64(seed: 0x5EED)
        let seed = """
            [Journal]
            Directory=/var/log/journal
            Instances=a \\
              # comment
              b
            [List all-staff@example.org]
            PlannedMailing=5 until 2026-12-01
            [Detection]
            PolicyPosters=0:0 1000:10
            StaleAfter=1h 30min
            [Attended]
            UTCOffset=-5h
            """
        let alphabet = Array("[]=\\\n\r\t #;.:@-0159azMm\u{E9}".utf8) + [0, 0xFF, 0xC3]
        for _ in 0..<5000 {
            var bytes = Array(seed.utf8)
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[position] = byte
                case 1: bytes.insert(byte, at: position)
                default: if bytes.count > 1 { bytes.remove(at: position) }
                }
            }
            let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).count
            guard
                case .failure(let errors) =
                    SettingsReader.read([SettingsText(path: "x", bytes: bytes)])
            else { continue }
            #expect(!errors.problems.isEmpty)
            #expect(errors.problems.allSatisfy { (1...lines).contains($0.location.line) })
            #expect(errors.problems.allSatisfy { $0.location.column >= 1 })
        }
    }

    @Test func `a value continued over many lines is read in linear time`() throws {
        let text = "[Journal]\nInstances=" + String(repeating: "a\\\n", count: 300_000)
        let clock = ContinuousClock()
        let took = clock.measure { _ = problems(Array(text.utf8)) }
        #expect(took < .seconds(20))
    }

    @Test func `settings that are wrong still say whom to page`() {
        let text = """
            [Alert pagerduty]
            Script=/usr/share/listbreaker/alerts/pagerduty
            [Alert half]
            Timeout=5s
            [Halt]
            Mode=maybe
            """
        let files = [SettingsText(path: "x.conf", text: text)]
        #expect(throws: SettingsErrors.self) { try SettingsReader.read(files).get() }
        #expect(SettingsReader.paging(files).targets.map(\.name) == ["pagerduty"])
    }
}
