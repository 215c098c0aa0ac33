// SPDX-License-Identifier: Apache-2.0
//
// Before Postfix itself is stopped. Stopping it cuts what is under way: a delivery whose final dot
// was sent and not yet answered is sent again later, twice in all. So nothing new is begun, and
// what is under way gets a while to end. The gate alone does not do, since Postfix is stopped when
// somebody keeps opening it: qmgr(8), which hands all deliveries over, is ended first.

internal import Glibc
internal import HaltWire

extension PostfixDriver {
    /// Longest wait for deliveries under way: 10 s.
    ///
    /// Chosen: what answers takes less, and with it the whole command stays below the daemon's
    /// deadline.
    static let calmDeadline = Duration.seconds(10)

    /// Ends the handing over of deliveries, and waits for those under way.
    ///
    /// qmgr is ended by SIGKILL: it loses nothing, as after a power cut, and master(8) does not
    /// start it again within the second. What was delivered meanwhile the delivery's own process
    /// notes in the queue file.
    ///
    /// - Returns: how many were still under way at the end.
    func calm() -> Int {
        // Of one that cannot be told the gate is closed all the same; the stop itself waits for nothing.
        let masters = Set(
            instances.compactMap { (try? Master(queue: $0.queue).running()) ?? nil }
        )
        for instance in instances { _ = try? gate(instance).close() }
        for process in ProcessTable.named(["qmgr"]) where masters.contains(process.parent) {
            kill(process.pid, SIGKILL)
        }
        let deadline = ContinuousClock.now + patience.left(most: Self.calmDeadline)
        while true {
            let count = Self.underWay(of: masters)
            if count == 0 || ContinuousClock.now >= deadline { return count }
            usleep(20_000)
        }
    }

    /// Deliveries to other hosts under way: smtp(8) keeps a shared lock on the queue file that it
    /// works on.
    static func underWay(of masters: Set<pid_t>) -> Int {
        let locks = ProcessTable.sharedLocks()
        return ProcessTable.named(["smtp"])
            .count { masters.contains($0.parent) && locks.contains($0.pid) }
    }
}
