// SPDX-License-Identifier: Apache-2.0
//
// Figures for people, texts with a star, and the hash that never changes.

import EventTime
import Testing
import Words

@Suite struct Figures {
    @Test(
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (-999, "-999"),
            (Int64.max, "9,223,372,036,854,775,807"), (Int64.min, "-9,223,372,036,854,775,808"),
        ] as [(Int64, String)]
    )
    func `numbers have groups of thousands`(number: Int64, text: String) {
        #expect(number.grouped == text)
    }

    @Test func `a noun is in the plural unless there is exactly one`() {
        #expect(0.counting("message") == "0 messages")
        #expect(1.counting("message") == "1 message")
        #expect(Int64(2000).counting("message") == "2,000 messages")
        #expect(1.counting("copy", "copies") == "1 copy")
        #expect(2.counting("copy", "copies") == "2 copies")
    }

    @Test func `decimals are rounded and never nonsense`() {
        #expect(0.005.twoDecimals == "0.01")
        #expect((-1234.5).twoDecimals == "-1,234.50")
        #expect(Double.nan.twoDecimals == "-")
        #expect((-Double.infinity).twoDecimals == "-")
        #expect(1e300.twoDecimals == "large")
    }

    @Test(
        arguments: [
            (0, "0 s"), (119, "119 s"), (120, "2 min"), (3599, "59 min"), (3600, "1 h"),
            (3601, "60 min"), (7200, "2 h"), (172_799, "47 h"), (172_800, "2 d"), (-60, "60 s"),
        ] as [(Int64, String)]
    )
    func `a span is said in one unit`(seconds: Int64, text: String) {
        #expect(TimeSpan.seconds(seconds).words == text)
    }
}

@Suite struct `Texts with a star` {
    @Test(
        arguments: [
            ("", "", true), ("", "a", false), ("*", "", true), ("*", "abc", true),
            ("a*", "abc", true), ("*c", "abc", true), ("a*c", "ac", true), ("a*c", "abd", false),
            ("a**b", "axb", true), ("*ab*", "aaab", true), ("*a*b*c", "abcabd", false),
            ("list-bounces+*@x", "list-bounces+a=b@x", true), ("abc", "ab", false),
        ] as [(String, String, Bool)]
    )
    func `the star stands for any run`(pattern: String, text: String, isMatch: Bool) {
        #expect(Glob.matches(Array(pattern.utf8), Array(text.utf8)) == isMatch)
    }
}

@Suite struct `FNV-1a` {
    // Test vectors of draft-eastlake-fnv, "FNV-1a 64-bit".
    @Test(
        arguments: [
            ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] as [(String, UInt64)]
    )
    func `the published vectors`(text: String, hash: UInt64) {
        #expect(FNV1a(text.utf8).value == hash)
    }

    @Test func `fields are kept apart`() {
        var one = FNV1a()
        var other = FNV1a()
        for field in ["ab", "c"] { one.add(field: field) }
        for field in ["a", "bc"] { other.add(field: field) }
        #expect(one.value != other.value)
    }
}
