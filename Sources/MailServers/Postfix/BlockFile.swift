// SPDX-License-Identifier: Apache-2.0
//
// The block on disk: main.cf, the copy of it from before, and the text that was added. The copy
// is durable before main.cf changes, so that a kill at any point can be repeated. Nobody reloads
// Postfix here: the block is for the next start; `Gate` is what closes the services now. Telling
// the running master would make it kill deliveries in flight, which doubles them (measured).

internal import Glibc
internal import HaltWire
internal import Linux

/// Puts the block into one instance's main.cf and takes it out again.
struct BlockFile {
    /// What was done, or found.
    enum Outcome: Equatable {
        case installed, already, reinstalled, restored, absent
        /// Someone else changed our lines: left alone, this is what they say.
        case changed(String)
    }

    let main: String
    private let copy: String
    private let record: String

    /// Seconds by which a main.cf that we write is dated back at least: 10.
    ///
    /// Every program that reads a main.cf younger than two seconds waits until it is older.
    /// Measured: a reload takes 2.1 s without this and 0.06 s with it.
    static let minimumAge = 10

    init(configuration: String, state: String) {
        main = "\(configuration)/main.cf"
        copy = "\(state)/main.cf.before"
        record = "\(state)/block"
    }

    /// How the block stands; reads only.
    ///
    /// - Throws: ``HaltError`` when main.cf cannot be read.
    func standing() throws(HaltError) -> OutboundBlock.Standing {
        OutboundBlock.standing(in: try content(), text: try recorded())
    }

    /// Makes sure that the block is there.
    ///
    /// A block that others altered is left alone; one that is missing is put back.
    ///
    /// - Throws: ``HaltError`` when a file cannot be written; main.cf is then as it was.
    func install(services: [String], before: String) throws(HaltError) -> Outcome {
        let current = try content()
        let known = try recorded()
        switch OutboundBlock.standing(in: current, text: known) {
        case .whole: return .already
        case .altered(let how): return .changed(how)
        case .absent: break
        }
        let text = OutboundBlock.text(services: services, before: before)
        try StateFile.replace(copy, with: current, like: StateFile.status(main))
        try StateFile.replace(record, with: Array(text.utf8))
        guard var model = StateFile.status(main) else { throw .file("look at", main, errno: errno) }
        let oldest = Int(SystemClock.seconds) - Self.minimumAge
        if model.st_mtim.tv_sec > oldest { model.st_mtim.tv_sec = oldest }
        try StateFile.replace(main, with: OutboundBlock.install(text, into: current), like: model)
        return known == nil ? .installed : .reinstalled
    }

    /// Takes the block out: byte for byte what main.cf was when nobody else changed it, otherwise
    /// only our lines.
    ///
    /// - Throws: ``HaltError`` when a file cannot be written; the block then still stands.
    func restore() throws(HaltError) -> Outcome {
        let current = try content()
        let outcome: Outcome
        if let text = try recorded(), let before = try StateFile.read(copy),
            current == OutboundBlock.install(text, into: before)
        {
            var model = StateFile.status(copy)
            let oldest = Int(SystemClock.seconds) - Self.minimumAge
            if let moment = model?.st_mtim.tv_sec, moment > oldest {
                model?.st_mtim.tv_sec = oldest
            }
            try StateFile.replace(main, with: before, like: model)
            outcome = .restored
        } else if let rest = OutboundBlock.remove(from: current) {
            let standing = OutboundBlock.standing(in: current, text: try recorded())
            var model = StateFile.status(main)
            model?.st_mtim.tv_sec -= Self.minimumAge
            if case .altered(let how) = standing, how.hasPrefix("it reads") {
                return .changed(how)
            }
            try StateFile.replace(main, with: rest, like: model)
            outcome = .restored
        } else {
            outcome = .absent
        }
        try StateFile.remove(record)
        try StateFile.remove(copy)
        return outcome
    }

    private func content() throws(HaltError) -> [UInt8] {
        guard let content = try StateFile.read(main) else {
            throw .file("read", main, errno: ENOENT)
        }
        return content
    }

    private func recorded() throws(HaltError) -> String? {
        try StateFile.read(record).map { String(decoding: $0, as: UTF8.self) }
    }
}
