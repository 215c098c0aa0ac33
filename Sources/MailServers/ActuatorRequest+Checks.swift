// SPDX-License-Identifier: Apache-2.0
//
// What a command's free arguments must be before anything is done with them. Whoever asks is
// believed nothing: only queue IDs ever reach a program, the others are compared and written down.

internal import HaltWire

extension ActuatorRequest {
    /// The queue IDs, checked.
    ///
    /// - Returns: nil when none were given.
    /// - Throws: ``HaltError`` `refused` when one is no queue ID or there are too many.
    func checkedIDs() throws(HaltError) -> [QueueID]? {
        guard let ids else { return nil }
        let checked = ids.compactMap { QueueID($0) }
        guard checked.count == ids.count, ids.count <= Self.idLimit else {
            throw HaltError(
                code: .refused,
                operation: "take the queue IDs",
                path: "",
                reason: "there are more than \(Self.idLimit) or one is none"
            )
        }
        return checked
    }

    /// Refuses a list or post that cannot be one: they are compared and written down, never run.
    func checkNames() throws(HaltError) {
        guard list.map({ Self.isName($0, 254) }) ?? true,
            post.map({ Self.isName($0, 1000) }) ?? true
        else {
            throw HaltError(
                code: .refused,
                operation: "take the list or post",
                path: "",
                reason: "it is empty, too long, or has a control character"
            )
        }
    }

    /// The envelope senders, checked.
    ///
    /// - Throws: ``HaltError`` `refused` when one is no pattern, or there are none or too many.
    func checkedSenders() throws(HaltError) -> [SenderPattern] {
        let given = senders ?? []
        let checked = given.compactMap { SenderPattern($0) }
        guard list != nil, !checked.isEmpty, checked.count == given.count, checked.count <= 256
        else {
            throw HaltError(
                code: .refused,
                operation: "take the senders",
                path: "",
                reason: "there are none, more than 256, or one would match anybody"
            )
        }
        return checked
    }

    /// The lists to block, checked.
    ///
    /// - Throws: ``HaltError`` `refused` when there are too many, or one has no name or too many
    ///   senders; a sender that is no pattern is passed over.
    func checkedLists() throws(HaltError) -> [BlockedList] {
        let given = lists ?? []
        guard given.count <= ListBlock.most,
            given.allSatisfy({ Self.isName($0.list, 254) && $0.senders.count <= 256 })
        else {
            throw HaltError(
                code: .refused,
                operation: "take the lists",
                path: "",
                reason: "there are more than \(ListBlock.most), or one is none"
            )
        }
        return given.map { each in
            BlockedList(
                list: each.list.lowercased(),
                senders: each.senders.filter { SenderPattern($0) != nil },
                isSoft: each.isSoft == true
            )
        }
    }

    /// Which held messages it is about.
    func selection(_ ids: [QueueID]?) -> HeldSelection {
        let spares = verb == .release && sparesUndecided == true
        return HeldSelection(
            only: ids.map { Set($0) },
            list: list,
            post: post,
            before: spares ? nil : before,
            sparesUndecided: spares,
            settled: spares ? before : nil,
            limit: limit.map { min(max($0, 1), 100_000) },
            copies: copies.map { min(max($0, 1), 1_000_000_000) }
        )
    }

    private static func isName(_ text: String, _ most: Int) -> Bool {
        (1...most).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}
