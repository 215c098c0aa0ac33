// SPDX-License-Identifier: Apache-2.0
import Breaker
import Glibc
import Testing

@testable import Daemon

/// The text of a file of the package.
func packageFile(_ path: String) -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    guard let file = unsafe fopen("/\(root)/\(path)", "r") else { return "" }
    defer { unsafe fclose(file) }
    var text: [UInt8] = []
    while case let byte = unsafe getc(file), byte != EOF {
        text.append(UInt8(truncatingIfNeeded: byte))
    }
    return String(decoding: text, as: UTF8.self)
}

@Test func `each message id that we send stands in the catalogue under its own name`() {
    var catalogue: [String: String] = [:]
    var name = ""
    for line in packageFile("systemd/listbreaker.catalog").split(separator: "\n") {
        if line.hasPrefix("# "), !line.dropFirst(2).contains(" ") {
            name = String(line.dropFirst(2))
        }
        if line.hasPrefix("-- ") { catalogue[String(line.dropFirst(3))] = name }
    }
    #expect(catalogue.count >= MessageID.allCases.count)
    for id in MessageID.allCases {
        let words = "\(id)".reduce(into: "") { text, character in
            text += character.isUppercase ? "-\(character.lowercased())" : String(character)
        }
        #expect(catalogue[id.rawValue] == words)
    }
}

@Test func `what pages tell of is explained by the catalogue as well`() {
    let catalogue = packageFile("systemd/listbreaker.catalog")
    let manual = packageFile("docs/man/listbreaker-alerts.7")
    for kind in Alert.Kind.allCases {
        let id: MessageID? =
            switch kind {
            case .trip: .tripped
            case .reset: .reset
            case .doubtful: .doubtful
            case .acknowledged: .acknowledged
            case .haltFailed: .haltFailed
            case .resumeFailed: .resumeFailed
            case .leaking: .leaking
            case .managerFailed: .managerFailed
            case .blind: .blind
            case .sighted: .sighted
            case .forged: .forged
            case .restartedOpen: .restartedOpen
            case .stateDamaged: .stateDamaged
            case .late: .late
            case .softHold: .softHeld
            case .full: .full
            case .unknownLists: .kind
            case .daemonFailed: .daemonFailed
            case .undeliverable: .undeliverable
            case .settingsRejected: .settingsRejected
            // Nothing new happened.
            case .reminder, .test: nil
            }
        if let id { #expect(catalogue.contains("\n-- \(id.rawValue)\n"), "\(kind)") }
        #expect(manual.contains("\n.Ss \(kind.rawValue)\n"), "\(kind)")
    }
}

@Test func `the catalogue fills in only what our lines carry`() {
    let sent: Set<Substring> = ["LIST", "INCIDENT", "REASON", "TARGET"]
    let parts = packageFile("systemd/listbreaker.catalog").split(separator: "@LISTBREAKER_")
    for part in parts.dropFirst() {
        #expect(sent.contains(part.prefix { $0 != "@" }))
    }
}

@Test func `text from the log cannot steer a terminal`() {
    let hostile = "a\u{1B}[2Jb\u{202E}c\u{0}d\ne\u{2067}f\u{9B}g\u{FEFF}h"
    let harmless = "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}f\u{FFFD}g\u{FFFD}h"
    #expect(OwnLog.line(priority: 4, hostile) == "listbreakerd: warning: \(harmless)\n")
    // journalctl(1) prints a message as it is; what is compared and counted stays itself.
    let fields = OwnLog.fields(priority: 4, nil, hostile, list: hostile, reason: hostile)
    #expect(fields.contains("MESSAGE=\(harmless)"))
    #expect(fields.contains("LISTBREAKER_LIST=\(hostile)"))
    #expect(fields.contains("LISTBREAKER_REASON=\(hostile)"))
}
