// SPDX-License-Identifier: Apache-2.0
//
// One broker's connection, carried by one thread. Each try makes the client anew, so that a certificate
// that was renewed is read. The mistake to avoid: to believe a broker that was wiped. What it was told counts for
// this connection only.

internal import Fleet
internal import FleetLink
internal import Linux

/// The connection to one broker.
final class BrokerLine: Sendable {
    /// Longest wait between two tries, in microseconds: 5 s, chosen.
    private static let longestPause: UInt32 = 5_000_000

    let address: BrokerAddress
    private let login: BrokerLogin
    private let presence: (topic: String, here: [UInt8])?
    private let filters: [String]
    private let hear: @Sendable (String, [UInt8]) -> Void
    private let say: @Sendable (Int, String) -> Void
    private let state = Guarded(State())

    private struct State {
        var client: BrokerClient?
        var isConnected = false
        var trouble: String? = "not connected yet"
        /// Messages that the broker has not taken yet, by number.
        var onTheWay: Set<Int32> = []
        /// What is to be kept, by topic, and what of it was said on this connection.
        var wanted: [String: String] = [:]
        var said: [String: String] = [:]
        var isRefused = false
        var isEnding = false
    }

    /// A connection that tells `presence` of itself and listens to `filters`.
    init(
        _ address: BrokerAddress,
        _ login: BrokerLogin,
        presence: (topic: String, here: [UInt8])?,
        filters: [String],
        hear: @escaping @Sendable (String, [UInt8]) -> Void,
        say: @escaping @Sendable (Int, String) -> Void
    ) {
        self.address = address
        self.login = login
        self.presence = presence
        self.filters = filters
        self.hear = hear
        self.say = say
    }

    /// How it stands.
    var view: BrokerView {
        state.withLock {
            BrokerView(name: address.text, isConnected: $0.isConnected, trouble: $0.trouble)
        }
    }

    /// Whether the broker has all that is to be kept.
    var hasAll: Bool {
        state.withLock {
            $0.isConnected && $0.said == $0.wanted && $0.onTheWay.isEmpty && $0.trouble == nil
        }
    }

    /// Whether the broker has all that is to be kept, or refused it.
    var isSettled: Bool { hasAll || state.withLock { $0.isRefused } }

    /// What the broker is to keep from now on.
    func keep(_ records: [LinkRecord]) {
        state.withLock { state in
            state.wanted = Dictionary(
                records.map { ($0.topic, $0.text) },
                uniquingKeysWith: { _, last in last }
            )
            publish(&state)
        }
    }

    /// Says `record` now, where it is connected; the broker keeps it for nobody.
    func sayOnce(_ record: LinkRecord) {
        state.withLock { state in
            guard state.isConnected, let client = state.client else { return }
            send(record.topic, Array(record.text.utf8), client, &state, isKept: false)
        }
    }

    /// Says everything once more.
    func sayAll() {
        state.withLock { state in
            state.said = [:]
            publish(&state)
        }
    }

    /// Asks the broker for all that it keeps, once more.
    func listenAgain() {
        state.withLock { if $0.isConnected, let client = $0.client { subscribe(client) } }
    }

    /// Ends the connection; ``run()`` returns.
    func end() { state.withLock { $0.isEnding = true } }

    // MARK: The thread

    /// Connects and carries the connection, for ever or until ``end()``.
    func run() {
        BrokerClient.start()
        var wait: UInt32 = 250_000
        while !state.withLock({ $0.isEnding }) {
            let wasConnected = carry()
            wait = wasConnected ? 250_000 : min(wait * 2, Self.longestPause)
            guard !state.withLock({ $0.isEnding }) else { return }
            pause(microseconds: wait)
        }
    }

    /// One connection from its beginning to its end; whether there was one.
    private func carry() -> Bool {
        guard let client = BrokerClient(login.client, for: self) else {
            note(trouble: "no memory for a connection")
            return false
        }
        defer {
            state.withLock {
                $0.client = nil
                $0.isConnected = false
                $0.said = [:]
                $0.onTheWay = []
            }
            client.destroy()
        }
        if let trouble = client.prepare(login, presence: presence?.topic)
            ?? client.connect(to: address)
        {
            note(trouble: trouble)
            return false
        }
        state.withLock { $0.client = client }
        var wasConnected = false
        var isEnding = false
        while true {
            let trouble = client.turn()
            let (now, ends) = state.withLock { ($0.isConnected, $0.isEnding) }
            wasConnected = wasConnected || now
            if ends, !isEnding {
                isEnding = true
                client.disconnect()
            } else if let trouble {
                if !isEnding { note(trouble: trouble) }
                return wasConnected
            }
        }
    }

    private func note(trouble: String?) {
        let before = state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble
        }
        guard before != trouble, let trouble else { return }
        say(4, "\(address.text): \(trouble)")
    }

    // MARK: What the library calls

    func tookConnection(_ code: Int32) {
        guard code == 0 else {
            return note(trouble: "the broker refuses: \(BrokerClient.reason(code))")
        }
        note(trouble: nil)
        say(5, "\(address.text): connected")
        state.withLock { state in
            guard let client = state.client else { return }
            state.isConnected = true
            subscribe(client)
            if let presence { send(presence.topic, presence.here, client, &state) }
            publish(&state)
        }
    }

    func tookMessage(_ topic: String, _ bytes: [UInt8]) { hear(topic, bytes) }

    func tookPublished(_ number: Int32, _ reason: Int32) {
        state.withLock { state in
            state.onTheWay.remove(number)
            if reason >= 128 { state.isRefused = true }
        }
        guard reason >= 128 else { return }
        note(trouble: "the broker does not take what we say: \(BrokerClient.reason(reason))")
    }

    /// Says what is wanted and was not said on this connection.
    private func publish(_ state: inout State) {
        guard state.isConnected, let client = state.client else { return }
        for (topic, text) in state.wanted where state.said[topic] != text {
            guard send(topic, Array(text.utf8), client, &state) else { return }
            state.said[topic] = text
        }
        // What is no longer wanted was emptied before, or belongs to another state of ours.
        state.said = state.said.filter { state.wanted[$0.key] != nil }
    }

    @discardableResult
    private func send(
        _ topic: String,
        _ bytes: [UInt8],
        _ client: BrokerClient,
        _ state: inout State,
        isKept: Bool = true
    ) -> Bool {
        guard let number = client.publish(topic, bytes, isKept: isKept) else { return false }
        state.onTheWay.insert(number)
        return true
    }

    private func subscribe(_ client: BrokerClient) {
        for filter in filters { client.subscribe(filter) }
    }
}
