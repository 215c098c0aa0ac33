// SPDX-License-Identifier: Apache-2.0
//
// What of the settings the breaker goes by. Built at the start and when settings are read again,
// never for a line of the log.

import Breaker
import Settings
import StormDetection

extension BreakerSettings {
    /// The breaker's part of `settings`; `pagesLate`: whether a verdict too late to act on pages.
    init(_ settings: Settings, pagesLate: Bool) {
        self.init()
        actHorizon = settings.journal.actHorizon
        self.pagesLate = pagesLate
        probation = settings.halt.probation
        verifyAfter = settings.halt.verifyAfter
        sweepInterval = settings.halt.sweepInterval
        scope = settings.halt.scope
        senderScope = settings.halt.senderScope
        listScopes = Dictionary(
            settings.lists.compactMap { list in list.scope.map { (list.address, $0) } },
            uniquingKeysWith: { _, last in last }
        )
        escalate = settings.halt.escalate
        releaseRate = settings.halt.releaseRate
        narrowWithin = settings.halt.narrowWithin
        discardQuiet = settings.halt.discardQuiet
        softHoldSpan = settings.halt.softHoldSpan
        softHoldHours = settings.detection.attended
        softHoldQuiet = settings.halt.softHoldQuiet
        softHoldPageMembers = settings.halt.softHoldPageMembers
        pagesSoftHolds = settings.halt.pagesSoftHolds
        repeatInterval = settings.paging.repeatInterval
        acknowledgedInterval = settings.paging.acknowledgedInterval
        attended = settings.attended.hours
        grace = settings.attended.grace
        canPage = !settings.paging.targets.isEmpty
    }
}
