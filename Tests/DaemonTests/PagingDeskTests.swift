// SPDX-License-Identifier: Apache-2.0

import EventTime
import Paging
import Testing

@testable import Daemon

/// What status calls the last error of pages: nothing that is over.
struct PagingDeskTests {
    private let desk = PagingDesk(log: OwnLog(), store: nil)

    @Test func `an outbox that works again leaves no error behind`() {
        let report = desk.surroundings().report
        report(.outboxFailed("no space left on device (ENOSPC)"))
        #expect(desk.now.lastError == "no space left on device (ENOSPC)")
        report(.outboxWorks)
        #expect(desk.now.lastError == nil)
    }

    @Test func `what else went wrong meanwhile stays`() {
        let report = desk.surroundings().report
        report(.outboxFailed("no space left on device (ENOSPC)"))
        let failed = RunResult(
            outcome: .failed(code: 7),
            output: ["no route"],
            duration: TimeSpan(microseconds: 1)
        )
        let about = Subjects(keys: ["k"], incidents: [])
        report(.tried(target: "chat", event: "trip", about: about, attempt: 1, result: failed))
        report(.outboxWorks)
        #expect(desk.now.lastError?.contains("no route") == true)
    }
}
