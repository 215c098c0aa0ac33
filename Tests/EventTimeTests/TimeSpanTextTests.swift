// SPDX-License-Identifier: Apache-2.0

import EventTime
import Testing

@Suite struct `Time spans as text` {
    @Test(
        arguments: [
            ("5min", 300_000_000), ("1h 30min", 5_400_000_000), ("1h30min", 5_400_000_000),
            ("90", 90_000_000), ("2.5h", 9_000_000_000), ("0.1s", 100_000), ("250ms", 250_000),
            ("7us", 7), ("7µs", 7), ("1d", 86_400_000_000), ("2 weeks", 1_209_600_000_000),
            ("1M", 2_630_016_000_000), ("1m", 60_000_000), ("1y", 31_557_600_000_000),
            ("  3 s  ", 3_000_000), ("0", 0), ("1h 30", 3_630_000_000), (".5s", 500_000),
            ("0.333333s", 333_333),
        ] as [(String, Int64)]
    )
    func `what systemd.time(7) allows is read`(text: String, microseconds: Int64) {
        #expect(TimeSpan(systemd: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", " ", "infinity", "-5s", "5 fortnights", "s", "1.s", "1..5s", "5,5s", "0x10s",
        "99999999999999999999s", "9223372036854775807h", "1h 9223372036854775807s", "١s", "5s\0",
    ])
    func `what has no end or no sense is refused`(text: String) {
        #expect(TimeSpan(systemd: text) == nil)
    }

    @Test func `what is printed is read back`() {
        var state: UInt64 = 42
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let span = TimeSpan(microseconds: Int64(state >> (state % 60 + 1)))
            #expect(TimeSpan(systemd: span.text) == span, "\(span.text)")
        }
    }

    @Test func `the longest unit printed is the day`() {
        #expect(TimeSpan.days(400).text == "400d")
        #expect(TimeSpan.minutes(90).text == "1h 30min")
        #expect(TimeSpan(microseconds: 0).text == "0s")
        #expect(TimeSpan(microseconds: -1_500_000).text == "-1s 500ms")
        #expect(TimeSpan(microseconds: .min).text.hasPrefix("-106751991d"))
    }
}
