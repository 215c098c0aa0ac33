// SPDX-License-Identifier: Apache-2.0
//
// An actuator that is missing, silent, refuses or speaks another language: the breaker is open,
// the status and a page say MAIL NOT HALTED, and once the actuator is well mail is halted.

import Control
import HaltWire
import LocalSocket
import Testing

@testable import Daemon

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct HaltFailureTests {
    /// What stands at the actuator's socket.
    enum Actuator: String, CaseIterable {
        case missing, silent, refusing, foreign

        /// Its server; nil when there is none.
        func serve(_ path: String) throws -> LineServer? {
            guard self != .missing else { return nil }
            let kind = self
            let server = try LineServer(path: path, mode: 0o600) { _, _ in
                switch kind {
                case .silent: try? await Task.sleep(for: .seconds(20))
                case .refusing:
                    return Array(
                        """
                        {"verb":"none","isHalted":false,"errors":["cannot run 'postconf': gone"]}
                        """.utf8
                    )
                case .foreign, .missing: break
                }
                return Array(#"{"hello":"world"}"#.utf8)
            }
            try server.start()
            return server
        }

        /// What the page must say of why.
        var reason: String {
            switch self {
            case .missing: "actuator.sock"
            case .silent: "actuator.sock"
            case .refusing: "cannot run 'postconf': gone"
            case .foreign: "another version"
            }
        }
    }

    private func trip(_ room: Room) -> ControlResponse? {
        var request = ControlRequest(.trip)
        request.isQueue = true
        request.reason = "a test"
        return room.ask(request)
    }

    @Test(arguments: Actuator.allCases)
    func `without an actuator that obeys, the breaker is open and the page says NOT HALTED`(
        actuator: Actuator
    ) async throws {
        let room = try Room()
        defer { room.remove() }
        try room.settings(mode: "armed", more: "[Halt]\nCommandTimeout=1s")
        let server = try actuator.serve(room.path + "/actuator.sock")
        defer { server?.stop() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        #expect(trip(room)?.code == 0)
        await eventually("the failure is paged") { room.pages.contains("halt-failed") }
        let status = room.status()
        #expect(status.contains(#""halt":"NOT HALTED""#) && status.contains(#""state":"open""#))
        #expect(room.pageText.contains("MAIL NOT HALTED"))
        #expect(room.pageText.contains(actuator.reason), "\(room.pageText)")
        #expect(room.pages.filter { $0 == "halt-failed" }.count == 1, "one page, not one a try")
        #expect(await daemon.stop() == 0)
    }

    @Test func `a halt that could not be done wholly is halted, paged as such, and tried again`()
        async throws
    {
        let room = try Room()
        defer { room.remove() }
        try room.settings(mode: "armed", more: "[Halt]\nSweepInterval=5s")
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        defer { actuator.stop() }
        actuator.problem = "cannot write '/etc/postfix/main.cf': Read-only file system (EROFS)"
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        #expect(trip(room)?.code == 0)
        await eventually("the problem is paged") { room.pages.contains("halt-failed") }
        #expect(room.pageText.contains("mail is halted (queue), but not wholly"))
        #expect(room.pageText.contains("EROFS") && !room.pageText.contains("NOT HALTED"))
        #expect(!room.status().contains("NOT HALTED") && room.status().contains("EROFS"))
        actuator.problem = nil
        await eventually("the halt is done again") {
            actuator.verbs.filter { $0 == "halt" }.count >= 2
        }
        await eventually("the page is resolved") { room.pageText.contains(#""status":"resolved""#) }
        #expect(await daemon.stop() == 0)
    }

    @Test func `an actuator that comes back halts mail, and the page is resolved`() async throws {
        let room = try Room()
        defer { room.remove() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        #expect(trip(room)?.code == 0)
        await eventually("the failure is paged") { room.pages.contains("halt-failed") }
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        defer { actuator.stop() }
        await eventually("the halt is tried again") { actuator.isHalted }
        await eventually("the page is resolved") { room.pageText.contains(#""status":"resolved""#) }
        #expect(!room.status().contains("NOT HALTED"))
        #expect(await daemon.stop() == 0)
    }
}
