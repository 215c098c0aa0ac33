// SPDX-License-Identifier: Apache-2.0
//
// libmosquitto's client of one connection, in Swift's types: all that is unsafe about it is here. The library calls
// back on the thread that runs its loop, which is ours; the callbacks are plain functions without an actor, since a
// closure of main-actor code would trap there. The mistake to avoid: libmosquitto's own loop thread, which
// ends for good at the first TLS error.

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

/// The library's client of one connection.
///
/// Unchecked Sendable: the pointer is used with the lock of its ``BrokerLine`` held, or by the thread that made it.
@safe struct BrokerClient: @unchecked Sendable {
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

    private let client: OpaquePointer

    /// A client that tells `line`, which outlives it, what it hears; nil without memory.
    init?(_ id: String, for line: BrokerLine) {
        let line = unsafe Unmanaged.passUnretained(line).toOpaque()
        guard let made = unsafe mosquitto_new(id, true, line) else { return nil }
        unsafe client = made
    }

    /// Makes the library ready, once a thread; more than once does nothing.
    static func start() { mosquitto_lib_init() }

    /// Gives it up; it is not used again.
    func destroy() { unsafe mosquitto_destroy(client) }

    /// Sets it up for MQTT 5 over mutual TLS, with `presence` told and taken back; what was wrong, in words.
    func prepare(_ login: BrokerLogin, presence: String?) -> String? {
        unsafe mosquitto_threaded_set(client, true)
        unsafe mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, Int32(MQTT_PROTOCOL_V5))
        unsafe mosquitto_connect_v5_callback_set(client, connected)
        unsafe mosquitto_message_v5_callback_set(client, messageCame)
        unsafe mosquitto_publish_v5_callback_set(client, published)
        let code = unsafe mosquitto_tls_set(
            client,
            login.authority,
            nil,
            login.certificate,
            login.key,
            nil
        )
        guard code == 0 else {
            return "cannot read '\(login.authority)', '\(login.certificate)' or '\(login.key)': "
                + Self.words(code)
        }
        unsafe mosquitto_tls_opts_set(client, 1, "tlsv1.2", nil)
        guard let presence else { return nil }
        let gone = Presence.gone
        unsafe mosquitto_will_set_v5(client, presence, Int32(gone.count), gone, 1, true, nil)
        return nil
    }

    /// Connects; what was wrong, in words.
    func connect(to address: BrokerAddress) -> String? {
        let port = Int32(address.port)
        let code = unsafe mosquitto_connect(client, address.host, port, Self.keepAlive)
        return code == 0 ? nil : Self.words(code)
    }

    /// One turn of the library's loop, a second at most; why the connection ended, in words.
    func turn() -> String? {
        let code = unsafe mosquitto_loop(client, Self.longestWait, 1)
        return code == 0 ? nil : Self.words(code)
    }

    /// Says good-bye; the next turns end the connection.
    func disconnect() { unsafe mosquitto_disconnect(client) }

    /// Publishes `bytes`, at least once; the message's number, or nil where the library does not take it.
    ///
    /// What is not kept waits five seconds at most in a broker: what waits is stamped wrongly when it comes.
    func publish(_ topic: String, _ bytes: [UInt8], isKept: Bool) -> Int32? {
        var number: Int32 = 0
        var properties: OpaquePointer?
        if !isKept {
            let expiry = Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue)
            unsafe mosquitto_property_add_int32(&properties, expiry, Self.expiry)
        }
        defer { unsafe mosquitto_property_free_all(&properties) }
        let code = unsafe mosquitto_publish_v5(
            client,
            &number,
            topic,
            Int32(bytes.count),
            bytes,
            1,
            isKept,
            properties
        )
        return code == 0 ? number : nil
    }

    /// Listens to `filter`, at least once a message.
    func subscribe(_ filter: String) {
        unsafe mosquitto_subscribe_v5(client, nil, filter, 1, 0, nil)
    }

    /// What a broker gave as its reason, in the library's words.
    static func reason(_ code: Int32) -> String {
        unsafe String(cString: mosquitto_reason_string(code))
    }

    private static func words(_ code: Int32) -> String {
        code == Int32(MOSQ_ERR_ERRNO.rawValue)
            ? "\(Errno.last)" : unsafe String(cString: mosquitto_strerror(code))
    }
}

// MARK: What the library calls

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
