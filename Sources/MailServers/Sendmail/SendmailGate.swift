// SPDX-License-Identifier: Apache-2.0
//
// The gate and the block of Sendmail in one: an entry in the access map by which each recipient of
// each SMTP delivery is deferred (`TLS_Rcpt:`, asked before RCPT, by deliveries that run already as
// by queue runs that root forces). A process notices a new map only when the file that it has open
// got a later time, in whole seconds: so the old file is touched after it was replaced. The map
// comes back byte for byte, with its time; one that the site made anew meanwhile is left alone.

internal import Glibc
internal import HaltWire
internal import Linux

/// Puts the entry into the access map and takes it out again.
struct SendmailGate {
    let site: SendmailSite
    let state: String

    /// More bits than any cipher has; Sendmail notes it with what it deferred for them.
    static let number = "999999999"
    /// Sendmail's cf/README, "STARTTLS": `TEMP+ENCR:bits` defers what is less encrypted.
    static let entry = "tls_rcpt:\tTEMP+ENCR:\(number)"
    /// Deadline of one makemap(8): 20 s.
    ///
    /// Chosen; a map with 100,000 entries takes 0.4 s.
    static let deadline = Duration.seconds(20)
    /// Bytes of a map's text that are taken: 64 MiB.
    ///
    /// Chosen.
    static let textLimit = 64 << 20

    private var map: String { "\(site.access).db" }
    private var copy: String { "\(state)/access.before" }
    private var written: String { "\(state)/access.halted" }

    /// How the gate stands; reads only.
    ///
    /// - Throws: ``HaltError`` when a file cannot be read.
    func standing() throws(HaltError) -> OutboundBlock.Standing {
        guard let text = try StateFile.read(written), let current = try StateFile.read(map) else {
            return .absent
        }
        return current == text ? .whole : .absent
    }

    /// Makes sure that the gate is closed.
    ///
    /// - Throws: ``HaltError`` when a file cannot be read or written; the map is then as it was.
    func install() throws(HaltError) -> BlockFile.Outcome {
        if try standing() == .whole { return .already }
        let isKnown = try StateFile.read(written) != nil
        guard var before = try StateFile.read(map), var model = StateFile.status(map) else {
            throw .file("read", map, errno: ENOENT)
        }
        let text = try dump()
        let plain = Self.plain(text)
        let halted = try made(plain.filter { !Self.isGate($0) } + [Array(Self.entry.utf8)[...]])
        // Left behind by somebody who removed our state.
        if plain.count < text.count { before = try made(plain) }
        try StateFile.replace(copy, with: before, like: model)
        try StateFile.replace(written, with: halted, like: model)
        model.st_mtim = timespec(tv_sec: Int(SystemClock.seconds), tv_nsec: 0)
        try swap(halted, like: model)
        return isKnown ? .reinstalled : .installed
    }

    /// Opens the gate.
    ///
    /// - Throws: ``HaltError`` when a file cannot be written; the gate is then still closed.
    func restore() throws(HaltError) -> BlockFile.Outcome {
        guard try StateFile.read(written) != nil else { return .absent }
        var outcome = BlockFile.Outcome.absent
        if try standing() == .whole {
            guard let before = try StateFile.read(copy), let model = StateFile.status(copy) else {
                throw .file("read", copy, errno: ENOENT)
            }
            try swap(before, like: model)
            outcome = .restored
        }
        try StateFile.remove(written)
        try StateFile.remove(copy)
        return outcome
    }

    /// Replaces the map, and lets every process that has the old one open look again.
    private func swap(_ content: [UInt8], like model: stat) throws(HaltError) {
        let old: Int32
        do throws(SafeEntry.Missing) {
            old = try SafeEntry.at(map).open()
        } catch {
            throw .file("open", map, errno: error.number)
        }
        defer { close(old) }
        var status = stat()
        unsafe fstat(old, &status)
        try StateFile.replace(map, with: content, like: model)
        let later = timespec(
            tv_sec: max(Int(SystemClock.seconds), status.st_mtim.tv_sec + 1),
            tv_nsec: 0
        )
        var times = [later, later]
        guard unsafe futimens(old, &times) == 0 else {
            throw .file("set the time of the replaced", map, errno: errno)
        }
    }

    /// The map's entries, one a line: key, tab, value.
    private func dump() throws(HaltError) -> [ArraySlice<UInt8>] {
        var text: [UInt8] = []
        var program = Program(
            site.makemap,
            ["-C", site.configuration, "-u", site.accessClass, site.access]
        )
        program.stream = { chunk in
            text += chunk
            return text.count <= Self.textLimit
        }
        _ = try program.check(deadline: Self.deadline)
        guard text.count <= Self.textLimit else { throw .file("read", map, errno: EFBIG) }
        return text.split(separator: 0x0a)
    }

    /// A map of `lines`.
    private func made(_ lines: [ArraySlice<UInt8>]) throws(HaltError) -> [UInt8] {
        let next = "\(state)/access"
        var program = Program(site.makemap, ["-C", site.configuration, site.accessClass, next])
        program.input = lines.flatMap { $0 + [0x0a] }
        _ = try program.check(deadline: Self.deadline)
        guard let content = try StateFile.read("\(next).db") else {
            throw .file("read", "\(next).db", errno: ENOENT)
        }
        try StateFile.remove("\(next).db")
        return content
    }

    /// `lines` without the entry that we add.
    static func plain(_ lines: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        lines.filter { !$0.elementsEqual(entry.utf8) }
    }

    /// Whether a line is of the kind that decides about recipients; one for a domain would win over
    /// ours.
    static func isGate(_ line: ArraySlice<UInt8>) -> Bool {
        String(decoding: line.prefix(9), as: UTF8.self).lowercased() == "tls_rcpt:"
    }
}
