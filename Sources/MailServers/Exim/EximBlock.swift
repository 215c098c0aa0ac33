// SPDX-License-Identifier: Apache-2.0
//
// The block on disk. Where Exim reads a generated file (Debian), the block is a file of its own
// that comes first in Exim's search path: nothing of the site is changed, and no package that
// generates the other file anew can undo it. Where the site keeps the first file itself, it is
// edited, with a copy. What we wrote is recorded before it is put in place.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire

/// Puts the halted configuration in place and takes it away again.
struct EximBlock {
    /// What was written, and when.
    struct Record: Codable, Equatable {
        /// The file that the block is in.
        var path: String
        /// Whether it was not there before.
        var isOurs: Bool
        /// Clock ticks since boot at which it was put in place, and the boot they belong to.
        var ticks: UInt64
        var boot: String
    }

    let state: String
    private var recordPath: String { "\(state)/block" }
    private var copyPath: String { "\(state)/exim.conf.before" }
    private var writtenPath: String { "\(state)/exim.conf.halted" }

    /// The record; nil when nothing was installed.
    var record: Record? {
        guard let bytes = try? StateFile.read(recordPath) else { return nil }
        return try? JSONDecoder().decode(Record.self, from: Data(bytes))
    }

    /// How the block stands; reads only.
    ///
    /// - Throws: ``HaltError`` when the file cannot be read.
    func standing() throws(HaltError) -> OutboundBlock.Standing {
        guard let record, let current = try StateFile.read(record.path) else { return .absent }
        guard EximConfiguration.isHalted(current) else { return .absent }
        guard current == (try StateFile.read(writtenPath)) else {
            return .altered("it is not what was written")
        }
        return .whole
    }

    /// Makes sure that the block is there.
    ///
    /// - Throws: ``HaltError`` when a file cannot be written, or when Exim does not accept the
    ///   configuration; what was there is then as it was.
    func install(_ site: EximSite) throws(HaltError) -> BlockFile.Outcome {
        switch try standing() {
        case .whole: return .already
        case .altered(let how): return .changed(how)
        case .absent: break
        }
        let isKnown = record != nil
        guard let current = try StateFile.read(site.active) else {
            throw .file("read", site.active, errno: ENOENT)
        }
        let isOurs = site.active != site.first
        // Left behind by somebody who removed the record: start from what it was made of.
        let plain = EximConfiguration.resumed(current) ?? current
        let before = EximConfiguration.isHalted(current) ? "" : site.held
        let halted = EximConfiguration.halted(plain, before: before)
        let model = StateFile.status(site.active)
        if isOurs {
            try StateFile.remove(copyPath)
        } else {
            try StateFile.replace(copyPath, with: plain, like: model)
        }
        try StateFile.replace(writtenPath, with: halted, like: model)
        // Exim with a broken configuration accepts no mail at all: ask before it counts.
        let probe = try Program(site.program, ["-C", writtenPath, "-bV"])
            .run(deadline: EximSite.questionDeadline)
        guard probe.status == 0 else {
            throw HaltError(
                code: .failed,
                operation: "halt by",
                path: site.first,
                reason: "Exim does not accept it: "
                    + String(decoding: probe.messages.prefix(300), as: UTF8.self)
            )
        }
        let record = Record(
            path: site.first,
            isOurs: isOurs,
            ticks: ProcessTable.now,
            boot: ProcessTable.boot
        )
        guard let bytes = try? JSONEncoder().encode(record) else {
            throw .file("write", recordPath, errno: EINVAL)
        }
        try StateFile.replace(recordPath, with: Array(bytes))
        try StateFile.replace(site.first, with: halted, like: model)
        return isKnown ? .reinstalled : .installed
    }

    /// Takes the block away: byte for byte what was there when nobody else changed it, otherwise
    /// only our lines.
    ///
    /// - Throws: ``HaltError`` when a file cannot be written; the block then still stands.
    func restore() throws(HaltError) -> BlockFile.Outcome {
        guard let record else { return .absent }
        var outcome = BlockFile.Outcome.restored
        switch try standing() {
        case .absent: outcome = .absent
        case .whole where record.isOurs: try StateFile.remove(record.path)
        case .whole:
            guard let before = try StateFile.read(copyPath) else {
                throw .file("read", copyPath, errno: ENOENT)
            }
            let model = StateFile.status(copyPath)
            try StateFile.replace(record.path, with: before, like: model)
        case .altered:
            guard let current = try StateFile.read(record.path),
                let rest = EximConfiguration.resumed(current)
            else { return .changed("its last line is gone") }
            let model = StateFile.status(record.path)
            try StateFile.replace(record.path, with: rest, like: model)
            outcome =
                record.isOurs
                ? .changed("it was edited while mail was halted; only our lines were taken out")
                : .restored
        }
        for path in [recordPath, copyPath, writtenPath] { try StateFile.remove(path) }
        return outcome
    }
}
