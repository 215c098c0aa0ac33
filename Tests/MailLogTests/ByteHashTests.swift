// SPDX-License-Identifier: Apache-2.0
//
// The hash is part of saved state: a change of its value would orphan every table. These figures
// come from an independent implementation of SipHash-1-3 with the same key.

import MailLog
import Testing

private func range(_ text: [UInt8]) -> ByteRange { ByteRange(start: 0, end: text.count) }

@Suite struct ByteHashTests {
    @Test func `saved hashes stay what they are`() {
        let empty: [UInt8] = []
        #expect(ByteHash.hash(empty, range(empty)) == 0x4c5f_eac2_6ea3_9a00)
        let address = Array("Alice@Lists.Example.ORG".utf8)
        #expect(ByteHash.hash(address, range(address)) == 0xc5f5_4a5a_d057_88fb)
        #expect(ByteHash.foldedHash(address, range(address)) == 0x3842_3bf4_3341_8825)
    }

    @Test func `folding changes ASCII letters and nothing else`() {
        for byte in UInt8.min...UInt8.max {
            let lowered = (65...90).contains(byte) ? byte + 32 : byte
            let word = [UInt8](repeating: byte, count: 8)
            let expected = [UInt8](repeating: lowered, count: 8)
            #expect(
                ByteHash.foldedHash(word, range(word)) == ByteHash.hash(expected, range(expected))
            )
        }
    }

    @Test func `a range outside the bytes counts as empty`() {
        let bytes = Array("abc".utf8)
        let outside = ByteRange(start: 7, end: 99)
        #expect(ByteHash.hash(bytes, outside) == ByteHash.hash([], .absent))
    }

    @Test func `a seed gives another hash of the same bytes`() {
        let bytes = Array("4jYXkR1W7nz2RmdH".utf8)
        #expect(
            ByteHash.hash(bytes, range(bytes), seed: 1)
                != ByteHash.hash(bytes, range(bytes), seed: 2)
        )
    }
}
