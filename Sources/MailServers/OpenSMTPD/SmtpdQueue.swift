// SPDX-License-Identifier: Apache-2.0
//
// OpenSMTPD's queue with our ledger. It has no hold of its own that outlives a restart, so a message
// is held by taking all permissions from its text: smtpd opens that for each delivery, as a user
// without rights, and defers when it cannot. A delivery that has it open goes on. In the ledger a
// message goes by its message ID, the first eight digits of its envelopes' IDs.

internal import Glibc
internal import HaltWire

/// The queue of OpenSMTPD.
struct SmtpdQueue: HoldQueue {
    let spool: SmtpdSpool
    let ledger: HoldLedger
    let quarantine: Quarantine
    /// What was given back and may sleep until its next try.
    let due: GivenBack

    /// Mode that smtpd gives a message's text.
    ///
    /// Measured, 6.8.
    static let openMode: mode_t = 0o600
    /// Deadline of one smtpctl(8): 60 s.
    ///
    /// Long, because ending it can end smtpd.
    static let deadline = Duration.seconds(60)
    /// Longest time for removing messages: 15 s.
    ///
    /// Chosen: half of the daemon's deadline of a command. smtpd reads about 700 envelopes a second
    /// when it has been started (measured).
    static let removal = Duration.seconds(15)
    static let control = "/usr/sbin/smtpctl"

    /// Opens the ledger.
    ///
    /// - Throws: ``HaltError`` when it cannot be opened.
    init(spool: SmtpdSpool, state: String) throws(HaltError) {
        self.spool = spool
        ledger = try HoldLedger(state: state)
        quarantine = Quarantine(state: state)
        due = GivenBack(path: "\(state)/due")
    }

    func list(keeping kept: Int, _ body: @escaping (QueuedMessage) -> Void) throws(HaltError) {
        for message in try spool.messages() {
            if let found = try spool.read(message, keeping: kept) { body(found) }
        }
    }

    func onHold() throws(HaltError) -> Set<QueueID> {
        Set(try spool.messages().filter { !$0.isOpen }.map(\.id))
    }

    func holdNow(_ ids: [QueueID]) throws(HaltError) { try change(ids, to: 0) }

    func freeNow(_ ids: [QueueID]) throws(HaltError) {
        try due.add(ids)
        try change(ids, to: Self.openMode)
    }

    private func change(_ ids: [QueueID], to mode: mode_t) throws(HaltError) {
        for id in ids {
            let path = "\(spool.directory(of: id))/message"
            do throws(SafeEntry.Missing) {
                let number = try SafeEntry.at(path).setMode(mode)
                guard number == 0 else { throw SafeEntry.Missing(number: number) }
            } catch {
                guard error.number == ENOENT else {
                    throw .file("change the mode of", path, errno: error.number)
                }
            }
        }
    }

    func headers(of id: QueueID) -> [UInt8] {
        let path = "\(spool.directory(of: id))/message"
        guard let descriptor = try? SafeEntry.at(path).open() else { return [] }
        defer { close(descriptor) }
        var room = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe read(descriptor, &room, room.count)
        return Array(room[..<max(0, count)])
    }

    /// Tells a running smtpd something.
    ///
    /// - Throws: ``HaltError`` when it did not take it.
    static func control(_ words: [String], holding lock: HoldLedger? = nil) throws(HaltError) {
        let outcome = try ask(words, holding: lock)
        guard outcome.status == 0 else {
            throw HaltError(
                code: .failed,
                operation: "run",
                path: control,
                reason: "\(words.joined(separator: " ")) exited with \(outcome.status): "
                    + String(decoding: outcome.messages.prefix(300), as: UTF8.self)
            )
        }
    }

    /// Runs smtpctl(8) in the group that it insists on: the bit on the program that would set it
    /// has no effect where new privileges are forbidden, as in our sandbox.
    ///
    /// With `lock` it keeps the ledger locked while it lives, also when we are killed.
    ///
    /// - Throws: ``HaltError`` when it cannot be run.
    static func ask(
        _ words: [String],
        holding lock: HoldLedger? = nil,
        stream: ((ArraySlice<UInt8>) -> Void)? = nil
    ) throws(HaltError) -> Program.Outcome {
        let mine = getegid()
        guard let group = StateFile.status(control)?.st_gid, setegid(group) == 0 else {
            throw .file("enter the group of", control, errno: errno)
        }
        defer { setegid(mine) }
        var program = Program(control, words)
        program.inputFrom = lock?.descriptor
        if let stream {
            program.stream = { chunk in
                stream(chunk)
                return true
            }
        }
        return try program.run(deadline: deadline)
    }
}
