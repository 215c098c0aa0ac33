// SPDX-License-Identifier: Apache-2.0
//
// Robots that pass a mail on in turn: two, three or four posters in one order, again and again. More
// robots are a crowd. People argue in turns as well, but not for long: of 753,389 real posts no two took
// more than eleven turns within an hour and a half of each other, three or four no more than nine.

/// How long the latest posters have taken turns, with no gap too long.
struct Turns: Sendable, Equatable {
    /// The longest of the turns of two, three and four.
    struct Run: Sendable, Equatable {
        var posts: Int64 = 0
        var posters: Int64 = 2
    }

    /// Posts of the turns of two, three and four; last the latest posters who all differ, at most four.
    var lengths = SIMD4<UInt16>()

    init() {}

    /// What an older layout knew: posts of two.
    init(ofTwo length: UInt32) {
        lengths[0] = UInt16(clamping: length)
        lengths[3] = min(2, lengths[0])
    }

    /// Notes a post of `poster`, who came `after` four, the latest first.
    mutating func note(_ poster: UInt32, after latest: SIMD4<UInt32>, isNear: Bool) {
        guard isNear, lengths[3] > 0 else {
            lengths = SIMD4(repeating: 1)
            return
        }
        // How many posts ago he wrote last; four where he did not lately.
        var back = 1
        while back < 4, latest[back - 1] != poster { back += 1 }
        let different = UInt16(min(Int(lengths[3]) + 1, back))
        for place in 0..<3 {
            let isHisTurn = lengths[place] >= place + 2 && latest[place + 1] == poster
            lengths[place] =
                isHisTurn
                ? lengths[place].addingSaturated(1) : min(UInt16(place + 2), different)
        }
        lengths[3] = different
    }

    /// The longest of the three.
    var longest: Run {
        var run = Run(posts: Int64(lengths[0]))
        for place in 1..<3 where Int64(lengths[place]) > run.posts {
            run = Run(posts: Int64(lengths[place]), posters: Int64(place + 2))
        }
        return run
    }
}
