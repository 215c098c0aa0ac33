// SPDX-License-Identifier: Apache-2.0
//
// Texts with a star, as operators write addresses. The mistake to avoid: a glob that backtracks;
// this one remembers a single star and stays linear times stars.

/// Texts in which `*` stands for any run of bytes.
public enum Glob {
    /// Whether `text` as a whole is of the form `pattern`; both in the same case.
    public static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        matches(pattern, text[...])
    }

    /// The same of a part of a text; allocates nothing.
    public static func matches(_ pattern: [UInt8], _ text: ArraySlice<UInt8>) -> Bool {
        var (p, t, star, mark) = (0, text.startIndex, -1, text.startIndex)
        while t < text.endIndex {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = p
                mark = t
                p += 1
            } else if p < pattern.count, pattern[p] == text[t] {
                p += 1
                t += 1
            } else if star >= 0 {
                p = star + 1
                mark += 1
                t = mark
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.count
    }
}
