// SPDX-License-Identifier: Apache-2.0
//
// Whether a URL stays on this host. One rule for who reads the settings and for who sends a password
// there: what check-config calls sound, the daemon must not refuse. Pure. The mistake to avoid: a
// host's name taken for a prefix (`http://127.0.0.1.evil.example`), or something before an `@`.

/// URLs of plain HTTP to the loopback: what is told there goes over no network.
public enum LoopbackURL {
    /// Longest URL, in bytes; chosen.
    public static let longest = 200
    private static let scheme = "http://"
    private static let hosts = ["127.0.0.1", "localhost", "[::1]"]

    /// Whether `text` is plain HTTP to this host, with a port from 1 to 65535 or none, and nothing in
    /// it could lead elsewhere or end a line.
    public static func accepts(_ text: String) -> Bool {
        guard text.hasPrefix(scheme), text.utf8.count <= longest,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"\"\\@?#{}".utf8.contains($0) })
        else { return false }
        let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
        guard let name = hosts.first(where: { host.hasPrefix($0) }) else { return false }
        let port = host.dropFirst(name.count)
        return port.isEmpty
            || (port.first == ":" && UInt16(port.dropFirst()).map { $0 > 0 } ?? false)
    }
}
