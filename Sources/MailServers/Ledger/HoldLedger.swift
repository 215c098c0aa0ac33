// SPDX-License-Identifier: Apache-2.0
//
// Which messages on hold are ours: an append-only file that root owns. Others use the hold queue
// too (content filters), and theirs are never touched. The file is locked while open, and a
// postsuper(1) that outlives us keeps the lock through the descriptor it inherited, so that the
// next actuator waits for it instead of racing it.

internal import Glibc
internal import HaltWire

/// The ledger of one Postfix instance, open and locked.
final class HoldLedger {
    private let path: String
    /// What postsuper(1) gets as its standard error, and others that change the queue as their input:
    /// who has it keeps the ledger locked.
    let descriptor: Int32
    private(set) var content = LedgerContent()
    private var consumed = 0
    private var partial: [UInt8] = []

    /// Longest wait for another actuator or its postsuper(1): 30 s.
    ///
    /// Chosen; 20,000 messages are held in under a second.
    static let lockDeadline = Duration.seconds(30)

    /// Opens, locks and reads the ledger in directory `state`.
    ///
    /// - Throws: ``HaltError`` `file`, or `hung` when the lock is not given up.
    init(state: String, patience: Patience = Patience()) throws(HaltError) {
        path = "\(state)/ledger"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file("open", path, errno: errno) }
        let deadline = ContinuousClock.now + patience.left(most: Self.lockDeadline)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                close(descriptor)
                throw HaltError(
                    code: .hung,
                    operation: "lock",
                    path: path,
                    reason: "another hold command keeps it"
                )
            }
            usleep(2000)
        }
        try catchUp()
        // Half a line from a power cut must not swallow the line that comes next.
        if !partial.isEmpty { try append([""]) }
    }

    deinit { close(descriptor) }

    /// What the ledger in `state` says, without lock or repair; for looking only.
    static func glance(state: String) throws(HaltError) -> LedgerContent {
        var content = LedgerContent()
        let descriptor = unsafe open("\(state)/ledger", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return content }
            throw .file("read", "\(state)/ledger", errno: errno)
        }
        defer { close(descriptor) }
        var partial: [UInt8] = []
        _ = drain(descriptor, from: 0, &partial) { content.apply($0) }
        return content
    }

    /// Notes that everything queued will be held; `foreign` is on hold already and not ours.
    func begin(at seconds: Int64, foreign: [QueueID]) throws(HaltError) {
        try append(["begin \(seconds)"] + foreign.map { "foreign \($0)" })
    }

    /// Notes that `wanted` will be held, for `list` or for none.
    func begin(at seconds: Int64, wanted: [QueueID], list: String?) throws(HaltError) {
        try append(
            ["begin \(seconds)"] + wanted.map { "want \($0)" } + lines(for: list, of: wanted)
        )
    }

    /// Notes that `ids`, which we hold, are held for `list`.
    func assign(_ ids: [QueueID], to list: String) throws(HaltError) {
        guard !ids.isEmpty else { return }
        try append(lines(for: list, of: ids))
    }

    private func lines(for list: String?, of ids: [QueueID]) -> [String] {
        guard let list else { return [] }
        let word = LedgerText.encode(list)
        return ids.map { "list \($0) \(word)" }
    }

    /// Takes in what postsuper(1) wrote and ends the command.
    ///
    /// - Returns: the messages that it put on hold.
    func end() throws(HaltError) -> Set<QueueID> {
        try catchUp()
        try append(["end"])
        return content.placed
    }

    /// What postsuper(1), asked by `body` to write to ``descriptor``, said last of why it failed.
    func complaint(of body: () throws(HaltError) -> Void) throws(HaltError) {
        content.beginAsking()
        do throws(HaltError) { try body() } catch {
            try catchUp()
            guard error.code == .failed, let complaint = content.complaint else { throw error }
            var told = error
            told.reason = complaint
            throw told
        }
        try catchUp()
    }

    /// Takes messages as ours that an interrupted command held without having said so.
    func adopt(_ ids: [QueueID]) throws(HaltError) { try append(ids.map { "adopt \($0)" }) }

    /// Takes messages as ours, for `list`, that are on hold by our doing and not by our command.
    ///
    /// `requeue`: they must go through the queue anew when they are given back.
    func take(
        _ messages: [QueuedMessage],
        for list: String,
        requeue: Bool
    ) throws(HaltError) {
        let word = LedgerText.encode(list)
        try append(
            messages.flatMap { message -> [String] in
                guard let id = message.id else { return [] }
                return [
                    "adopt \(id)", "list \(id) \(word)",
                    "mail \(id) \(message.arrival) \(LedgerText.encode(message.sender))",
                ] + (requeue ? ["requeue \(id)"] : [])
            }
        )
    }

    /// Notes arrival and sender of messages that we hold.
    func note(_ mail: [(id: QueueID, arrival: Int64, sender: String)]) throws(HaltError) {
        guard !mail.isEmpty else { return }
        try append(mail.map { "mail \($0.id) \($0.arrival) \(LedgerText.encode($0.sender))" })
    }

    /// Notes that we no longer hold `ids`.
    func drop(_ ids: [QueueID]) throws(HaltError) {
        guard !ids.isEmpty else { return }
        try append(ids.map { "gone \($0)" })
        if content.entries.isEmpty, content.unfinished == nil {
            guard ftruncate(descriptor, 0) == 0, fsync(descriptor) == 0 else {
                throw .file("empty", path, errno: errno)
            }
            (consumed, partial) = (0, [])
        }
    }

    private func append(_ lines: [String]) throws(HaltError) {
        let text = lines.map { $0 + "\n" }.joined()
        guard StateFile.write(descriptor, Array(text.utf8)), fsync(descriptor) == 0 else {
            throw .file("write", path, errno: errno)
        }
        try catchUp()
    }

    private func catchUp() throws(HaltError) {
        let end = Self.drain(descriptor, from: consumed, &partial) { content.apply($0) }
        guard let end else { throw .file("read", path, errno: errno) }
        consumed = end
    }

    /// Reads whole lines from `offset` on; nil when reading fails.
    private static func drain(
        _ descriptor: Int32,
        from offset: Int,
        _ partial: inout [UInt8],
        _ line: (ArraySlice<UInt8>) -> Void
    ) -> Int? {
        var offset = offset
        var room = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = unsafe pread(descriptor, &room, room.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return offset }
            offset += count
            var rest = room[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line((partial + rest[..<end])[...])
                partial = []
                rest = rest[(end + 1)...]
            }
            partial += rest
        }
    }
}
