// SPDX-License-Identifier: Apache-2.0
//
// One broker's connection, carried by one thread. Each try makes the client anew, so that a certificate
// that was renewed is read. libmosquitto calls back on the thread that runs its loop, which is ours;
// the callbacks are plain functions without an actor, since a closure of main-actor code would trap
// there. The mistake to avoid: libmosquitto's own loop thread, which ends for good at the first TLS error.

internal import CMosquitto
internal import Fleet
internal import FleetLink
internal import Linux

/// Who we are to a broker.
struct BrokerLogin: Sendable {
    /// The client's id; a second one of the same id puts the first out.
    var client: String
    var authority: String
    var certificate: String
    var key: String
}

/// The connection to one broker.
final class BrokerLine: Sendable {
    /// Seconds without a word after which a broker, or we, count as gone: 5, the least that
    /// libmosquitto takes; TCP alone takes minutes.
    private static let keepAlive: Int32 = 5
    /// Seconds after which a broker drops what it could not hand over: 5, as long as it takes to see that
    /// somebody is gone.
    private static let expiry: UInt32 = 5
    /// Milliseconds that the thread sleeps at most: 1 s, chosen.
    ///
    /// What is said from another thread wakes it at once, by a socket pair of libmosquitto's; the time is for
    /// an end that is asked for, and to see that a broker is gone.
    private static let longestWait: Int32 = 1_000
    /// Longest wait between two tries, in microseconds: 5 s, chosen.
    private static let longestPause: UInt32 = 5_000_000

    let address: BrokerAddress
    private let login: BrokerLogin
    private let presence: (topic: String, here: [UInt8])?
    private let filters: [String]
    private let hear: @Sendable (String, [UInt8]) -> Void
    private let say: @Sendable (Int, String) -> Void
    private let state = Guarded(State())

    /// Unchecked Sendable: the pointer is used with the lock held, or by the thread that made it.
    @safe private struct Handle: @unchecked Sendable {
        let client: OpaquePointer
    }

    private struct State {
        var handle: Handle?
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
            guard state.isConnected, let handle = state.handle else { return }
            send(record.topic, Array(record.text.utf8), handle, &state, isKept: false)
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
        state.withLock { if $0.isConnected, let handle = $0.handle { subscribe(handle) } }
    }

    /// Ends the connection; ``run()`` returns.
    func end() { state.withLock { $0.isEnding = true } }

    // MARK: The thread

    /// Connects and carries the connection, for ever or until ``end()``.
    func run() {
        mosquitto_lib_init()
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
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        guard let made = unsafe mosquitto_new(login.client, true, me) else {
            note(trouble: "no memory for a connection")
            return false
        }
        let handle = unsafe Handle(client: made)
        defer {
            state.withLock {
                $0.handle = nil
                $0.isConnected = false
                $0.said = [:]
                $0.onTheWay = []
            }
            unsafe mosquitto_destroy(handle.client)
        }
        guard prepare(handle) else { return false }
        let code = unsafe mosquitto_connect(
            handle.client,
            address.host,
            Int32(address.port),
            Self.keepAlive
        )
        guard code == 0 else {
            note(trouble: Self.words(code))
            return false
        }
        state.withLock { $0.handle = handle }
        var wasConnected = false
        var isEnding = false
        while true {
            let code = unsafe mosquitto_loop(handle.client, Self.longestWait, 1)
            let (now, ends) = state.withLock { ($0.isConnected, $0.isEnding) }
            wasConnected = wasConnected || now
            if ends, !isEnding {
                isEnding = true
                unsafe mosquitto_disconnect(handle.client)
            } else if code != 0 {
                if !isEnding { note(trouble: Self.words(code)) }
                return wasConnected
            }
        }
    }

    private func prepare(_ handle: Handle) -> Bool {
        unsafe mosquitto_threaded_set(handle.client, true)
        unsafe mosquitto_int_option(
            handle.client,
            MOSQ_OPT_PROTOCOL_VERSION,
            Int32(MQTT_PROTOCOL_V5)
        )
        unsafe mosquitto_connect_v5_callback_set(handle.client, connected)
        unsafe mosquitto_message_v5_callback_set(handle.client, messageCame)
        unsafe mosquitto_publish_v5_callback_set(handle.client, published)
        let code = unsafe mosquitto_tls_set(
            handle.client,
            login.authority,
            nil,
            login.certificate,
            login.key,
            nil
        )
        guard code == 0 else {
            note(
                trouble: "cannot read '\(login.authority)', '\(login.certificate)' or "
                    + "'\(login.key)': \(Self.words(code))"
            )
            return false
        }
        unsafe mosquitto_tls_opts_set(handle.client, 1, "tlsv1.2", nil)
        guard let presence else { return true }
        unsafe mosquitto_will_set_v5(
            handle.client,
            presence.topic,
            Int32(Presence.gone.count),
            Presence.gone,
            1,
            true,
            nil
        )
        return true
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

    fileprivate func tookConnection(_ code: Int32) {
        guard code == 0 else {
            return note(
                trouble:
                    unsafe "the broker refuses: \(String(cString: mosquitto_reason_string(code)))"
            )
        }
        note(trouble: nil)
        say(5, "\(address.text): connected")
        state.withLock { state in
            guard let handle = state.handle else { return }
            state.isConnected = true
            subscribe(handle)
            if let presence { send(presence.topic, presence.here, handle, &state) }
            publish(&state)
        }
    }

    fileprivate func tookMessage(_ topic: String, _ bytes: [UInt8]) { hear(topic, bytes) }

    fileprivate func tookPublished(_ number: Int32, _ reason: Int32) {
        state.withLock { state in
            state.onTheWay.remove(number)
            if reason >= 128 { state.isRefused = true }
        }
        guard reason >= 128 else { return }
        note(
            trouble: unsafe "the broker does not take what we say: "
                + String(cString: mosquitto_reason_string(reason))
        )
    }

    /// Says what is wanted and was not said on this connection.
    private func publish(_ state: inout State) {
        guard state.isConnected, let handle = state.handle else { return }
        for (topic, text) in state.wanted where state.said[topic] != text {
            guard send(topic, Array(text.utf8), handle, &state) else { return }
            state.said[topic] = text
        }
        // What is no longer wanted was emptied before, or belongs to another state of ours.
        state.said = state.said.filter { state.wanted[$0.key] != nil }
    }

    @discardableResult
    private func send(
        _ topic: String,
        _ bytes: [UInt8],
        _ handle: Handle,
        _ state: inout State,
        isKept: Bool = true
    ) -> Bool {
        var number: Int32 = 0
        // What waits is stamped wrongly when it comes.
        var properties: OpaquePointer?
        if !isKept {
            unsafe mosquitto_property_add_int32(
                &properties,
                Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue),
                Self.expiry
            )
        }
        defer { unsafe mosquitto_property_free_all(&properties) }
        let code = unsafe mosquitto_publish_v5(
            handle.client,
            &number,
            topic,
            Int32(bytes.count),
            bytes,
            1,
            isKept,
            properties
        )
        if code == 0 { state.onTheWay.insert(number) }
        return code == 0
    }

    private func subscribe(_ handle: Handle) {
        for filter in filters {
            unsafe mosquitto_subscribe_v5(handle.client, nil, filter, 1, 0, nil)
        }
    }

    private static func words(_ code: Int32) -> String {
        code == Int32(MOSQ_ERR_ERRNO.rawValue)
            ? "\(Errno.last)" : unsafe String(cString: mosquitto_strerror(code))
    }
}

private func line(_ me: UnsafeMutableRawPointer?) -> BrokerLine? {
    unsafe me.map { unsafe Unmanaged<BrokerLine>.fromOpaque($0).takeUnretainedValue() }
}

private func connected(
    _ client: OpaquePointer?,
    _ me: UnsafeMutableRawPointer?,
    _ code: Int32,
    _ flags: Int32,
    _ properties: OpaquePointer?
) {
    unsafe line(me)?.tookConnection(code)
}

private func published(
    _ client: OpaquePointer?,
    _ me: UnsafeMutableRawPointer?,
    _ number: Int32,
    _ reason: Int32,
    _ properties: OpaquePointer?
) {
    unsafe line(me)?.tookPublished(number, reason)
}

private func messageCame(
    _ client: OpaquePointer?,
    _ me: UnsafeMutableRawPointer?,
    _ message: UnsafePointer<mosquitto_message>?,
    _ properties: OpaquePointer?
) {
    guard let message = unsafe message?.pointee, let topic = unsafe message.topic,
        unsafe message.payloadlen <= FleetReset.longest
    else { return }
    // Facts are kept by nobody: one that a broker kept is as old as it likes.
    if unsafe message.retain, case .facts = unsafe FleetTopic(String(cString: topic)) { return }
    let count = unsafe Int(message.payloadlen)
    let bytes = unsafe UnsafeRawBufferPointer(start: message.payload, count: count)
    unsafe line(me)?.tookMessage(String(cString: topic), Array(bytes))
}
