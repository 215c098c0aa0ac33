// SPDX-License-Identifier: Apache-2.0
//
// Copies that were under way when their delivery was ended. Each notes itself in the message's
// journal when it has landed; the message must not be delivered again before that, or one copy
// goes out twice. So they are remembered, across our own restart.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire

/// The copies that have not landed, as far as we know.
struct EximFlights {
    let path: String

    /// Longest wait for them: 10 s.
    ///
    /// Chosen, below the daemon's deadline of a command.
    static let patience = Duration.seconds(10)

    /// Notes `more`; forgets what has landed.
    ///
    /// - Throws: ``HaltError`` `file`.
    func add(_ more: [EximDeliveries.Flying]) throws(HaltError) {
        if !more.isEmpty { try write(EximDeliveries.still(try known()) + more) }
    }

    /// Waits until the copies of `ids` have landed.
    ///
    /// - Returns: the messages of which one has not.
    /// - Throws: ``HaltError`` `file`.
    func wait(for ids: Set<QueueID>) throws(HaltError) -> Set<QueueID> {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let all = EximDeliveries.still(try known())
            let concerned = Set(all.compactMap { QueueID($0.id) }).intersection(ids)
            if concerned.isEmpty || ContinuousClock.now >= deadline {
                try write(all)
                return concerned
            }
            usleep(20_000)
        }
    }

    private func known() throws(HaltError) -> [EximDeliveries.Flying] {
        guard let bytes = try StateFile.read(path) else { return [] }
        return (try? JSONDecoder().decode([EximDeliveries.Flying].self, from: Data(bytes))) ?? []
    }

    private func write(_ flying: [EximDeliveries.Flying]) throws(HaltError) {
        guard !flying.isEmpty else { return try StateFile.remove(path) }
        guard let bytes = try? JSONEncoder().encode(flying) else {
            throw .file("write", path, errno: EINVAL)
        }
        try StateFile.replace(path, with: Array(bytes))
    }
}
