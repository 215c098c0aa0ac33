// SPDX-License-Identifier: Apache-2.0
//
// Which services of master.cf carry mail out of the host: every one whose command is smtp,
// whatever its name. Sites have relay, slow, out-2 and other clones. Not lmtp: it hands mail to
// mailbox stores and list managers of the site. Not a clone that only feeds a content filter on
// this host: closing it would stop local mail before it was ever looked at.

internal import HaltWire

/// The outbound delivery services of one Postfix instance.
struct ClientServices: Codable, Equatable {
    /// Names of services that are closed when the queue is halted, in order of master.cf.
    var outbound: [String] = []
    /// Names of smtp services that are left open because they feed a filter on this host.
    var filters: [String] = []

    /// At most this many services: 256.
    ///
    /// Chosen; sites with one transport a provider have 40.
    static let limit = 256

    /// Reads the output of `postconf -M`, and the values that may name a transport.
    ///
    /// - Parameters:
    ///   - table: `postconf -M`, one service a line.
    ///   - filters: values of `content_filter`, main.cf's and master.cf's.
    ///   - routes: values of `default_transport`, `relay_transport`, `local_transport` and the
    ///     like; a service named there is outbound even when a filter uses it.
    init(table: String, filters: [String], routes: [String]) {
        let feeders = Set(filters.compactMap(Self.localFeeder))
        let routed = Set(routes.map { String($0.prefix { $0 != ":" }) }).union(["smtp", "relay"])
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            // service type private unpriv chroot wakeup maxproc command..., master(5)
            guard fields.count >= 8, fields[1] == "unix" || fields[1] == "fifo",
                fields[7] == "smtp", Self.isName(fields[0])
            else { continue }
            let name = String(fields[0])
            if feeders.contains(name), !routed.contains(name) {
                self.filters.append(name)
            } else if outbound.count < Self.limit {
                outbound.append(name)
            }
        }
    }

    /// The transport of `transport:nexthop` when the next hop is this very host.
    private static func localFeeder(_ value: String) -> String? {
        let parts = value.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let host = parts[1].drop { $0 == "[" }
        let isHere = ["127.", "localhost", "::1", "IPv6:::1"].contains { host.hasPrefix($0) }
        return isHere ? String(parts[0]) : nil
    }

    /// A name that is one path component and one word of main.cf.
    private static func isName(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                QueueID.isAllowed(byte) || [0x2d, 0x2e, 0x5f].contains(byte)  // - . _
            } && name.first != "."
    }
}
