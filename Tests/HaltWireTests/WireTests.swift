// SPDX-License-Identifier: Apache-2.0
//
// What goes over the actuator's socket: queue IDs, and the report of an actuator of another version.

import Testing

@testable import HaltWire

@Suite struct WireTests {
    @Test(arguments: ["6A4CDF82392", "4YZbq70wJ3z3Qxm", "A1B2C", "0F00D12345", "1tEfGh-000abc-1A"])
    func `a queue ID of letters, digits and inner hyphens is taken`(text: String) {
        #expect(QueueID(text)?.text == text)
    }

    @Test(arguments: [
        "", "ALL", "-", "A1B2", "6A4C DF82392", "6A4CDF82392\n", "../../etc/passwd", "6A4CDF8239*",
        "é6A4CDF82392", "-6A4CDF82392", String(repeating: "A", count: 33),
    ])
    func `anything that could mean more than one message is refused`(text: String) {
        #expect(QueueID(text) == nil)
    }

    @Test func `an older actuator's report is understood as far as it goes`() throws {
        let old = """
            {"verb":"halt","isHalted":true,"isPostfixRunning":true,"block":"installed","held":7,\
            "heldTotal":7,"foreign":1,"errors":[],"notes":["a"],"steps":[{"name":"gate",\
            "milliseconds":0.5}],"version":"0"}
            """
        let report = try #require(HaltReport.read(Array(old.utf8)))
        #expect(report.isHalted && report.held == 7 && report.foreign == 1 && report.version == "0")
        #expect(report.steps == [.init(name: "gate", milliseconds: 0.5)] && report.posts.isEmpty)
        for line in ["", "{}", "[]", "{\"verb\":\"halt\",\"isHalted\":\"yes\",\"errors\":[]}", "7"]
        {
            #expect(HaltReport.read(Array(line.utf8)) == nil)
        }
    }
}
