// SPDX-License-Identifier: Apache-2.0
//
// One record said once, under a certificate that is not the host's: how an operator's reset gets to the
// brokers. It counts as said where a broker took it.

public import Fleet
public import FleetLink
internal import Linux

/// Says one record to all brokers.
public struct Publishing: Sendable {
    /// What became of it at one broker.
    public struct Outcome: Sendable {
        /// The broker.
        public var broker: String
        /// Why it did not take it; nil: it did.
        public var trouble: String?
    }

    private let settings: FleetSettings

    /// By these settings, whose certificate and key are the operator's.
    public init(_ settings: FleetSettings) { self.settings = settings }

    /// Says `record`, and waits so many seconds at most; blocks.
    public func publish(
        _ record: FleetRecord,
        within seconds: Int64 = 10
    ) throws(LinkError) -> [Outcome] {
        let login = BrokerLogin(
            client: "listbreaker-once-\(UInt64.random(in: 0 ... .max))",
            authority: settings.authority,
            certificate: settings.certificate,
            key: settings.key
        )
        let lines = settings.brokers.map { address in
            BrokerLine(
                address,
                login,
                presence: nil,
                filters: [],
                hear: { _, _ in },
                say: { _, _ in }
            )
        }
        for line in lines {
            line.keep([LinkRecord(topic: record.topic.text, text: record.text)])
            guard startThread(named: "broker", { line.run() }) == 0 else {
                throw LinkError("cannot start a thread")
            }
        }
        let end = SystemClock.monotonic + seconds * 1_000_000_000
        while SystemClock.monotonic < end, !lines.allSatisfy(\.isSettled) {
            pause(microseconds: 10_000)
        }
        let outcomes = lines.map { line in
            Outcome(
                broker: line.address.text,
                trouble: line.hasAll ? nil : line.view.trouble ?? "it did not answer in time"
            )
        }
        for line in lines { line.end() }
        return outcomes
    }
}
