// SPDX-License-Identifier: Apache-2.0
//
// After a reload a new queue manager reads the queue. What the delivery agents of the one before still
// have in hand is locked: it puts such a message back into `incoming` ("skipped, still being
// delivered"), and looks there again when new mail comes, or when master(8) wakes it after 300 s. The
// rest of its recipients would wait for as long, and it is somebody else's mail. So one calls the
// queue manager for as long as something waits there.

internal import Glibc
internal import HaltWire

/// Looks after what a new queue manager has to pass over.
struct PassedOver {
    /// Seconds after a reload at which one looks.
    ///
    /// Chosen: a relay takes a copy within a second, most hosts within ten, and what is locked may have
    /// to wait behind what is not; after 300 s, as Postfix is shipped, master(8) wakes the queue manager by
    /// itself.
    static let moments: [Double] =
        [0.3, 0.6, 1, 1.5, 2, 3, 4, 6, 8, 11] + stride(from: 15, through: 120, by: 5)
        + [150, 180, 240]
    /// Looks for which the queue manager is called whatever waits: 3.
    ///
    /// Chosen. master(8) starts it at a call, and one that stops may have heard the call before; until
    /// it has begun, what it is to pass over is not in `incoming`.
    static let certain = 3

    let instances: [PostfixInstance]
    private var looks = 0
    private var empty = 0

    init(_ instances: [PostfixInstance]) { self.instances = instances }

    /// One look at each instance; the queue manager of one where something waits is called.
    ///
    /// - Returns: whether another look is needed. What cannot be read needs one.
    mutating func look() -> Bool {
        looks += 1
        var isWaiting = false
        for instance in instances {
            let waits = waits(in: instance)
            if waits { isWaiting = true }
            if waits || looks <= Self.certain { call(instance) }
        }
        // A queue manager that reads has taken what it passes over out of there for the moment.
        empty = isWaiting ? 0 : empty + 1
        return looks < Self.certain || empty < 2
    }

    /// Whether `incoming` holds a message that is written to its end, cleanup(8): then its owner may
    /// execute the file.
    private func waits(in instance: PostfixInstance) -> Bool {
        do throws(HaltError) {
            guard let (folder, files) = try StateFile.folder("\(instance.queue)/incoming") else {
                return false
            }
            return files.values.contains { place in
                guard let status = (try? folder.walk(to: place.path))?.status else { return false }
                return status.st_mode & S_IXUSR != 0
            }
        } catch { return true }
    }

    private func call(_ instance: PostfixInstance) {
        let isStopped = (try? Master(queue: instance.queue).running()) == .some(.none)
        if !isStopped { _ = instance.call(Patience()) }
    }
}
