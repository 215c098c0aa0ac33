// SPDX-License-Identifier: Apache-2.0
//
// What a person or the breaker last asked for, kept by the actuator so that it stands at boot
// before the daemon runs. It says what should be, never what is.

internal import HaltWire

/// The wish that survives a reboot.
enum HaltMarker: String {
    /// Mail must not leave: the block belongs into main.cf.
    case halted
    /// A reset was begun: the block goes away, held mail is being given back.
    case resuming

    /// The marker in directory `state`; nil when mail flows as usual.
    ///
    /// A marker that cannot be understood is taken for `halted`: the safe side.
    static func read(state: String) throws(HaltError) -> HaltMarker? {
        guard let content = try StateFile.read("\(state)/marker") else { return nil }
        let word = content.prefix { $0 != UInt8(ascii: "\n") }
        return HaltMarker(rawValue: String(decoding: word, as: UTF8.self)) ?? .halted
    }

    /// Makes this the wish, durably.
    func write(state: String) throws(HaltError) {
        try StateFile.replace("\(state)/marker", with: Array("\(rawValue)\n".utf8))
    }

    /// Nothing is wished any more.
    static func clear(state: String) throws(HaltError) { try StateFile.remove("\(state)/marker") }
}
