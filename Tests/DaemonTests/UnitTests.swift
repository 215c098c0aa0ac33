// SPDX-License-Identifier: Apache-2.0
//
// What the units promise. systemd works as root and by path: where it binds a socket, nobody else
// may make names.

import Settings
import Testing

/// The values of `key` in a unit of the package.
private func values(_ key: String, in unit: String) -> [String] {
    packageFile("systemd/\(unit)").split(separator: "\n")
        .filter { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.utf8.count + 1)) }
}

@Test func `the actuator's socket stands where the daemon looks, in a directory of root's`() throws
{
    let sockets = values("ListenStream", in: "listbreaker-actuator.socket")
    #expect(sockets == [HaltSettings().actuatorSocket])
    let folder = try #require(sockets.first?.split(separator: "/").dropLast().last)
    // Nothing that runs as another user is given that directory.
    for unit in ["listbreakerd.service", "listbreakerd-failed.service"] {
        #expect(values("User", in: unit) == ["_listbreaker"])
        let own = ["RuntimeDirectory", "StateDirectory"].flatMap { values($0, in: unit) }
        #expect(!own.contains(String(folder)), "\(unit)")
    }
    let line = packageFile("systemd/tmpfiles.conf").split(separator: "\n")
        .first { $0.contains(" /run/\(folder) ") }
    #expect(line == "d /run/\(folder) 0755 root root -")
}
