// SPDX-License-Identifier: Apache-2.0
//
// After each reload of ours a thread calls Postfix's queue manager for as long as messages wait that
// it had to pass over; see PassedOver. It takes no command's turn, ends with us, and needs no note on
// disk: whoever is started looks once round, and finds nothing or what a killed one left.

internal import Glibc
internal import HaltWire
internal import Linux

extension Actuator {
    /// Who calls the queue manager.
    struct Recall: Sendable {
        /// Whether somebody does just now.
        var isUnderWay = false
        /// The reload that is looked after.
        var reloaded = ContinuousClock.now
    }

    /// How often the thread looks whether Postfix was reloaded again: 0.25 s.
    ///
    /// Chosen.
    private static let slice = Duration.milliseconds(250)

    /// Calls the queue manager from now on, as after a reload, until nothing waits for it.
    public func callAgain() {
        let isMine = recall.withLock { recall in
            recall.reloaded = .now
            defer { recall.isUnderWay = true }
            return !recall.isUnderWay
        }
        guard isMine else { return }
        let code = startThread(named: "recall") { self.keepCalling() }
        if code != 0 { recall.withLock { $0.isUnderWay = false } }
    }

    private func keepCalling() {
        while true {
            let reloaded = recall.withLock { $0.reloaded }
            keepCalling(after: reloaded)
            let isLast = recall.withLock { recall in
                recall.isUnderWay = recall.reloaded != reloaded
                return !recall.isUnderWay
            }
            if isLast { return }
        }
    }

    /// Ends early when Postfix is reloaded again.
    private func keepCalling(after reloaded: ContinuousClock.Instant) {
        var left = PassedOver(InstanceCache(state: place.state).last)
        for moment in PassedOver.moments {
            let due = reloaded + .seconds(moment)
            while due > .now {
                let pause = min(due - .now, Self.slice).components
                usleep(useconds_t(max(pause.attoseconds / 1_000_000_000_000, 1)))
                guard recall.withLock({ $0.reloaded == reloaded }) else { return }
            }
            // A halt ends it: what it calls for would only be deferred.
            guard isOpen, left.look() else { return }
        }
    }
}
