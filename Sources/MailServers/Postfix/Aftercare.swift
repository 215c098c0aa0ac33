// SPDX-License-Identifier: Apache-2.0
//
// What Postfix deferred because its services were closed is tried as soon as they are open again. What
// it had in hand in that moment is deferred a little later, for at least minimal_backoff_time (300 s):
// so one looks several times, beside the commands and without keeping any of them waiting. Only what
// waits because a service could not be reached is made due; what another host put off keeps its time,
// and so does what waits for a list that is narrowed. A halt ends it.

internal import Glibc
internal import HaltWire
internal import Linux

/// Looks after what Postfix deferred once the gate was opened.
struct Aftercare {
    /// Seconds after the opening at which one looks.
    ///
    /// Chosen: qmgr(8) gives a service that it could not reach up for transport_retry_time, 60 s, and
    /// a delivery on this host that its message waits for takes as long as it takes.
    static let moments: [Double] = [0.2, 1, 3, 8, 20, 45, 75, 120]
    /// How often one message is made due: 3 times.
    ///
    /// Chosen: a site's own transport that nobody serves is deferred for the same reason, and would
    /// be tried for nothing.
    static let mostTries = 3
    /// Messages that are made due in one look: 10,000.
    ///
    /// Chosen; each is one system call, and what is beyond is made due by the next look.
    static let most = 10_000

    let instances: [PostfixInstance]
    private var tries: [QueueID: Int] = [:]
    /// When each instance was looked at last, by name: in the time of change of files.
    private var looks: [String: timespec] = [:]

    init(_ instances: [PostfixInstance]) { self.instances = instances }

    /// One look at each instance; one that cannot be looked at keeps no other from it.
    ///
    /// - Returns: how many messages were made due.
    /// - Throws: ``HaltError``; the next look does what is missing.
    mutating func look() throws(HaltError) -> Int {
        var count = 0
        var failure: HaltError?
        for instance in instances {
            do throws(HaltError) { count += try look(at: instance) } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return count
    }

    private mutating func look(at instance: PostfixInstance) throws(HaltError) -> Int {
        guard try Master(queue: instance.queue).running() != nil,
            let (folder, files) = try StateFile.folder("\(instance.queue)/deferred"),
            !files.isEmpty
        else { return 0 }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &now)
        let last = looks[instance.name]
        looks[instance.name] = now
        // A long queue is listed again only when something came into it meanwhile.
        if let last, !files.values.contains(where: { Self.hasChanged($0, in: folder, since: last) })
        {
            return 0
        }
        let waiting = try waiting(in: instance).filter { tries[$0, default: 0] < Self.mostTries }
        var count = 0
        for id in waiting.prefix(Self.most) {
            guard let place = files[id.text], let file = try? folder.walk(to: place.path),
                file.touch() == 0
            else { continue }
            tries[id, default: 0] += 1
            count += 1
        }
        guard count > 0 else { return 0 }
        // Also when the rest has to wait: what was made due is tried at the next look of qmgr(8).
        _ = instance.kick(requeued: false, Patience())
        return count
    }

    private static func hasChanged(
        _ place: SafeEntry.Below,
        in folder: SafeEntry,
        since last: timespec
    ) -> Bool {
        guard let changed = (try? folder.walk(to: place.path))?.status.st_ctim else { return false }
        return (changed.tv_sec, changed.tv_nsec) >= (last.tv_sec, last.tv_nsec)
    }

    /// What is deferred since a service could not be reached.
    private func waiting(in instance: PostfixInstance) throws(HaltError) -> [QueueID] {
        var found: [QueueID] = []
        var listing = QueueListing(keeping: 0) { message in
            if message.queue == "deferred", message.unavailable > 0, let id = message.id {
                found.append(id)
            }
        }
        var program = Program(
            "\(PostfixInstance.commands)/postqueue",
            ["-c", instance.configuration, "-j"]
        )
        program.stream = { chunk in
            listing.feed(chunk)
            return true
        }
        _ = try program.check(deadline: Patience.usual)
        listing.finish()
        return found
    }
}
