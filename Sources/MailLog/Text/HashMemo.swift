// SPDX-License-Identifier: Apache-2.0
//
// The hash of a text that hardly ever changes, such as a host's name: kept with the text, and
// compared, which costs a third of hashing it again. The mistake to avoid: going by where the text
// stands; another batch has another text there.

/// The hash of the last text that was asked for.
public struct HashMemo: Sendable {
    /// Longest text that is kept, in bytes: a machine id and more.
    private static let longest = 40

    private var words = InlineArray<5, UInt64>(repeating: 0)
    private var count = -1
    private var seed: UInt64 = 0
    private var hash: UInt64 = 0

    /// Nothing asked yet.
    public init() {}

    /// The same as ``ByteHash/hash(_:_:seed:)``.
    @inline(__always)
    public mutating func hash(_ bytes: [UInt8], _ range: ByteRange, seed: UInt64) -> UInt64 {
        let length = range.count
        guard length <= Self.longest, Int(range.end) <= bytes.count,
            Int(range.start) >= 8 || length % 8 == 0
        else { return ByteHash.hash(bytes, range, seed: seed) }
        let text = unsafe bytes.span.bytes
        var isSame = length == count && seed == self.seed
        var place = Int(range.start)
        let end = place + length
        var index = 0
        while place < end {
            let word: UInt64
            if end - place >= 8 {
                word = text.word(place)
            } else {
                // What stands before is shifted out.
                word = text.word(end - 8) >> UInt64(8 * (8 - (end - place)))
            }
            if words[index] != word {
                words[index] = word
                isSame = false
            }
            place += 8
            index += 1
        }
        if isSame { return hash }
        count = length
        self.seed = seed
        hash = ByteHash.hash(bytes, range, seed: seed)
        return hash
    }
}
