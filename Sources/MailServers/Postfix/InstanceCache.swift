// SPDX-License-Identifier: Apache-2.0
//
// What Postfix's configuration said last time, kept beside the ledger: asking postmulti(1) and
// postconf(1) takes four programs, 25 ms in which copies leave. It is believed only while every
// main.cf and master.cf it came from is the very same file, by inode, size and time of change,
// which nobody can set. Anything else, a damaged cache included, means asking again.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire
internal import Linux

/// The instances that were found last, with what proves that they still hold true.
struct InstanceCache {
    private struct Content: Codable {
        var proof: [String]
        var instances: [PostfixInstance]
    }

    private let path: String
    /// Writes come one after another: a question that takes no command's turn may ask as well.
    private static let writing = Guarded(())

    init(state: String) { path = "\(state)/instances" }

    /// The instances; `ask` is called when the ones known are not proven.
    ///
    /// - Parameters:
    ///   - main: the configuration directory of the primary instance.
    ///   - ask: finds the instances.
    /// - Returns: every enabled instance.
    /// - Throws: ``HaltError`` from `ask`. A cache that cannot be written is only slower.
    func instances(
        main: String,
        ask: () throws(HaltError) -> [PostfixInstance]
    ) throws(HaltError) -> [PostfixInstance] {
        if let known = read(), known.proof == proof(main, known.instances) {
            return known.instances
        }
        // The proof is taken before and after: a file that changes while we ask proves nothing.
        let before = proof(main, [])
        let found = try ask()
        guard before == proof(main, []) else { return found }
        let content = Content(proof: proof(main, found), instances: found)
        if let bytes = try? JSONEncoder().encode(content) {
            Self.writing.withLock { _ in try? StateFile.replace(path, with: Array(bytes)) }
        }
        return found
    }

    /// What was known last, proven or not; good enough to close a gate before asking.
    var last: [PostfixInstance] { read()?.instances ?? [] }

    private func read() -> Content? {
        guard let bytes = try? StateFile.read(path) else { return nil }
        return try? JSONDecoder().decode(Content.self, from: Data(bytes))
    }

    private func proof(_ main: String, _ instances: [PostfixInstance]) -> [String] {
        let directories = [main] + instances.map(\.configuration)
        let files = directories.flatMap { ["\($0)/main.cf", "\($0)/master.cf"] }
        return (files + ["\(PostfixInstance.commands)/postconf"]).map { path in
            guard let status = StateFile.status(path) else { return "\(path) is missing" }
            let changed = status.st_ctim
            return "\(path) \(status.st_ino) \(status.st_size) \(changed.tv_sec).\(changed.tv_nsec)"
        }
    }
}
