// SPDX-License-Identifier: Apache-2.0
//
// Which mail servers run, as systemd's control groups and the kernel's socket tables show it.

import Engine
import Foundation
import MailLog
import TestSupport
import Testing

@testable import Daemon

@Test func `a unit counts while it has processes, in either hierarchy, and listeners on 25`() throws
{
    let scratch = try Scratch()
    func write(_ path: String, _ text: String) throws {
        let whole = scratch.path + "/" + path
        try FileManager.default.createDirectory(
            atPath: String(whole.prefix(upTo: whole.lastIndex(of: "/") ?? whole.endIndex)),
            withIntermediateDirectories: true
        )
        try text.write(toFile: whole, atomically: true, encoding: .utf8)
    }
    func find() -> RunningServers {
        RunningServers.find(groups: scratch.path + "/cgroup", net: scratch.path + "/net")
    }
    #expect(find() == RunningServers())
    let slice = "cgroup/system.slice"
    try write("\(slice)/system-postfix.slice/postfix@-.service/cgroup.events", "populated 1\n")
    // Debian's only runs /bin/true.
    try write("\(slice)/postfix.service/cgroup.events", "populated 0\nfrozen 0\n")
    try write("\(slice)/cron.service/cgroup.events", "populated 1\n")
    try write("cgroup/systemd/system.slice/exim4.service/cgroup.procs", "4711\n")
    try write("cgroup/systemd/system.slice/sendmail.service/cgroup.procs", "")
    #expect(find().servers.map(\.unit) == ["postfix@-.service", "exim4.service"])
    #expect(find().servers.map(\.dialect) == [.postfix, .exim])
    #expect(!find().listens)
    let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    try write("net/tcp", head + "   0: 0100007F:0019 0100007F:C001 01 0:0 0:0 0 0 0\n")
    #expect(!find().listens, "a connection is no listener")
    try write("net/tcp6", head + "   0: \(String(repeating: "0", count: 32)):0019 0:0 0A 0:0\n")
    #expect(find().listens)
}
