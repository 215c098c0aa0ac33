// SPDX-License-Identifier: Apache-2.0
//
// `doctor` on a fleet: what the daemon says of it, and the certificates.

import ArgumentParser
import Control
import Reports
import Testing

@testable import listbreaker

@Suite struct `What doctor finds of a fleet` {
    @Test func `a host without a fleet has nothing to hear of one`() throws {
        try withFolder { folder in
            let control = try ControlOptions.parse(["--socket", "\(folder)/none.sock"])
            let exam = FleetExam(control: control, path: "\(folder)/fleet.conf")
            #expect(exam.findings.isEmpty)
            try write("\(folder)/fleet.conf", "[Fleet]\nHost=X\n", mode: 0o644)
            #expect(exam.findings.map(\.level) == [.problem])
            #expect(exam.findings.first?.text.contains("line 2: Host=") == true)
        }
    }

    @Test func `what the daemon says of the fleet is told, and no more`() {
        var status = FleetStatus(
            host: "mx1",
            alone: nil,
            brokers: [BrokerStatus(name: "b1:8883", isConnected: true, trouble: nil)],
            hosts: ["mx1", "mx2"]
        )
        var found: [Finding] { FleetExam.findings(of: status, as: "mx1") }
        #expect(found == [.ok("fleet", "mx1 hears 1 broker and 2 hosts")])
        status.judges = []
        #expect(found.map(\.level) == [.warning])
        #expect(found.first?.text.hasPrefix("no judge in this fleet") == true)
        status.judges = ["mx1"]
        status.judge = JudgeStatus(hosts: 2, clocks: [], late: 0, alone: 0)
        #expect(found.map(\.text) == ["mx1 hears 1 broker and 2 hosts; it judges what 2 hosts see"])
        status.judge?.lost = 1
        #expect(found.first?.text.hasPrefix("1 batch of what other hosts saw came faster") == true)
        #expect(status.lines.contains { $0.hasPrefix("FACTS LOST: 1 batch") })
        status.judge?.lost = 0
        status.judge?.clocks = ["the clock of mx2 is 90 s behind"]
        #expect(found.map(\.level) == [.warning])
        status.brokers[0] = BrokerStatus(name: "b1:8883", isConnected: false, trouble: "no such CA")
        status.alone = "no broker is connected"
        #expect(found.map(\.level) == [.warning, .problem, .warning])
        #expect(
            status.lines.contains(
                "THIS HOST IS ALONE: no broker is connected. It decides and halts by itself."
            )
        )
        #expect(found.first?.text == "b1:8883: no such CA")
        status.host = nil
        #expect(found.map(\.level) == [.problem])
    }

    /// Certificates by openssl itself, as listbreaker-fleet-ca makes them.
    @Test func `a certificate of another host, of another authority, or near its end is a finding`()
        throws
    {
        try withFolder { folder in
            let script = #"""
                set -e; cd "$1"
                for ca in ca other; do
                  openssl ecparam -name prime256v1 -genkey -noout -out $ca.key
                  openssl req -x509 -new -key $ca.key -subj "/CN=the $ca" -days 90 -out $ca.pem
                done
                openssl req -new -key other.key -subj /CN=mx1 -out csr
                openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 60 -out long.pem
                openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 13 -out short.pem
                """#
            let made = try Tool("/bin/sh", ["-c", script, "sh", folder]).run()
            try #require(made.status == 0, "\(made.complaint)")
            let control = try ControlOptions.parse(["--socket", "\(folder)/none.sock"])
            for (host, authority, file, level, word) in [
                ("mx1", "ca", "long", Finding.Level.ok, "mx1's, until"),
                ("mx1", "ca", "short", .warning, "within 14 days"),
                ("mx1", "other", "long", .problem, "is not of the authority"),
                ("mx2", "ca", "long", .problem, "is mx1's, and this host is mx2"),
                ("mx1", "ca", "none", .problem, "none.pem"),
            ] {
                try write(
                    "\(folder)/fleet.conf",
                    "[Fleet]\nHost=\(host)\nDomains=a.example\nBrokers=b\n"
                        + "Authority=\(folder)/\(authority).pem\nCertificate=\(folder)/\(file).pem\n",
                    mode: 0o644
                )
                let exam = FleetExam(control: control, path: "\(folder)/fleet.conf")
                let found = exam.findings.filter { $0.check == "certificate" }
                #expect(found.map(\.level) == [level], "\(host) \(authority) \(file): \(found)")
                #expect(found.first?.text.contains(word) == true, "\(found)")
            }
        }
    }
}
