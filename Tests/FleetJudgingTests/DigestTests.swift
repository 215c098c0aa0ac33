// SPDX-License-Identifier: Apache-2.0
//
// The name of a message to other hosts. The digests are those of FIPS 180-4's own examples (NIST,
// "SHA256.pdf") and of sha256sum(1).

import ListTraffic
import Testing

struct DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb924"), ("abc", "ba7816bf8f01cfea414140de5dae2223"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039"
        ),
    ])
    func `a digest is the first half of SHA-256`(text: String, expected: String) {
        #expect(MessageDigest(of: Array(text.utf8)).text == expected)
        #expect(MessageDigest(expected)?.text == expected)
    }

    /// `head -c N /dev/zero | tr '\0' a | sha256sum`: lengths around a block's end.
    @Test(arguments: [
        (55, "9f4390f8d30c2dd92ec9f095b65e2b9a"),
        (56, "b35439a4ac6f0948b6d6f9e3c6af0f5f"),
        (63, "7d3e74a05d7db15bce4ad9ec0658ea98"),
        (64, "ffe054fe7ae0cb6dc65c3af9b61d5209"),
        (119, "31eba51c313a5c08226adf18d4a359cf"),
        (120, "2f3d335432c70b580af0e8e1b3674a7c"),
        (1000, "41edece42d63e8d9bf515a9ba6932e1c"),
    ])
    func `every length is padded right`(length: Int, expected: String) {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
        #expect(MessageDigest(of: bytes).text == expected)
    }

    @Test(arguments: [
        "", "e3b0c44298fc1c149afbf4c8996fb92", "e3b0c44298fc1c149afbf4c8996fb9244",
        "E3B0c44298fc1c149afbf4c8996fb924", "+3b0c44298fc1c149afbf4c8996fb924",
    ])
    func `another text is none`(text: String) { #expect(MessageDigest(text) == nil) }

    @Test func `a number is another under another key`() {
        let digest = MessageDigest(of: Array("a@b".utf8))
        #expect(digest.number(under: 1) == digest.number(under: 1))
        #expect(digest.number(under: 1) != digest.number(under: 2))
    }
}
