// SPDX-License-Identifier: Apache-2.0
//
// What the fleet's word needs of this host's daemon: which scope a name means, whether the others heard,
// and what became of it.

internal import Control
internal import Fleet
internal import Glibc
internal import Reports
internal import Words

/// The fleet, asked of this host's daemon.
struct FleetReach {
    /// Longest wait for what all hosts do within a second; chosen.
    private static let patience = Duration.seconds(10)

    let control: ControlOptions

    /// The fleet as the daemon sees it.
    func status(history: Int? = nil) throws -> FleetStatus {
        var request = ControlRequest(.fleet)
        request.limit = history
        return try control.report(request, as: FleetStatus.self).report
    }

    /// What is open under `name`: a list, `queue`, this host's number of it, or `HOST/N`.
    static func open(_ name: String, in status: FleetStatus) -> FleetOpenStatus? {
        status.open.first { scope in
            scope.name == name.lowercased() || scope.incident.map { "\($0)" } == name
                || scope.trips.contains { $0.incident == name || $0.name == name }
        }
    }

    /// Throws ``Failure`` where this host is in no fleet.
    static func check(_ status: FleetStatus) throws {
        guard status.host == nil else { return }
        throw Failure(
            code: ControlCode.unknown,
            message: "this host is in no fleet: \(shown(status.alone ?? "no fleet.conf"))"
        )
    }

    /// Waits until nothing of `name` is open in the fleet as this host sees it; false: it still is.
    func isOver(_ name: String) throws -> Bool {
        let end = ContinuousClock.now + Self.patience
        while try status().open.contains(where: { $0.name == name }) {
            guard ContinuousClock.now < end else { return false }
            usleep(100_000)
        }
        return true
    }

    /// Whether others hear of the trip of `name` that was just made here, in words; throws where not.
    func told(_ name: String) throws -> String {
        let status = try status()
        try Self.check(status)
        if let alone = status.alone {
            throw Failure(
                code: ControlCode.unknown,
                message: "it is open here, and no other host hears of it yet: \(shown(alone))"
            )
        }
        let scope = Self.open(name, in: status)
        guard
            let trip = scope?.trips.first(where: { $0.incident.hasPrefix("\(status.host ?? "")/") })
        else {
            throw Failure(
                code: ControlCode.failed,
                message: "it is open here, and the fleet takes no trip of that name"
            )
        }
        guard trip.isArmed else {
            throw Failure(
                code: ControlCode.failed,
                message:
                    "this host is in observe mode: others hear of \(shown(trip.incident)), and hold "
                    + "nothing because of it"
            )
        }
        let brokers = status.brokers.count(where: \.isConnected)
        let queue =
            scope?.name == FleetScope.queue.word
            ? "; they halt all mail only where a second host says so" : ""
        return
            "told to the fleet as \(shown(trip.incident)), through \(brokers.counting("broker")); "
            + "\(status.hosts.count.counting("host")) there\(queue)"
    }
}
