// SPDX-License-Identifier: Apache-2.0
//
// The end of a certificate, as openssl(1) made it and as it says it.

import EventTime
import Foundation
import TestSupport
import Testing

@testable import FleetLink

struct CertificateTests {
    private static let openssl = "/usr/bin/openssl"

    private static func run(_ words: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: openssl)
        process.arguments = words
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    private static func make(_ path: String, _ words: String...) throws {
        let made = try run(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj", "/CN=mx1", "-keyout", "\(path).key", "-out", path,
            ] + words
        )
        #expect(made.status == 0)
    }

    /// Before 2050 its form has two digits for the year, from then on four.
    @Test(arguments: [1, 30, 825, 3650, 12_000, 20_000])
    func `its end is what openssl says`(days: Int) throws {
        let scratch = try Scratch()
        let path = scratch.path + "/mx1.pem"
        try Self.make(path, "-days", "\(days)")
        let said = try Self.run(
            ["x509", "-in", path, "-noout", "-enddate", "-dateopt", "iso_8601"]
        ).text
        let text = try #require(said.split(separator: "=").last)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let expected = try #require(Timestamp(rfc3339: text))
        #expect(CertificateFile.end(at: path) == expected)
    }

    @Test func `what is none, or is cut anywhere, has no end`() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/mx1.pem"
        try Self.make(path, "-days", "9")
        #expect(CertificateFile.end(at: scratch.path + "/none") == nil)
        #expect(CertificateFile.end(at: path + ".key") == nil)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(separator: "\n").dropFirst().dropLast()
        let der = Array(try #require(Data(base64Encoded: lines.joined())))
        func end(_ bytes: some Sequence<UInt8>) -> Timestamp? {
            let body = Data(bytes).base64EncodedString()
            let pem = "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n"
            return CertificateFile.end(pem: Array(pem.utf8))
        }
        #expect(end(der) != nil)
        for count in 0..<der.count { #expect(end(der.prefix(count)) == nil) }
        // A length that lies, or a word that is none, is no end of the program.
        for place in 0..<min(der.count, 200) {
            for byte: UInt8 in [0, 0x7f, 0x80, 0x84, 0xff] {
                var bytes = der
                bytes[place] = byte
                _ = end(bytes)
            }
        }
    }
}
