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
    /// How often one message is made due at most, by the second of the look: 3 times at first, then once
    /// more from 20 s, from 45 s and from 75 s on.
    ///
    /// Chosen: a site's own transport that nobody serves is deferred for the same reason, and would
    /// be tried for nothing. But three tries are over within 3 s, and master(8) starts a program that
    /// failed to start again only after service_throttle_time, 60 s.
    static func mostTries(at moment: Double) -> Int {
        3 + [20, 45, 75].count { $0 <= moment }
    }
    /// Messages that are made due in one look: 10,000.
    ///
    /// Chosen; each is one system call, and what is beyond is made due by the next look.
    static let most = 10_000

    let instances: [PostfixInstance]
    private var tries: [QueueID: Int] = [:]
    /// The last look at each instance that saw to all that waited, by its name.
    private var looks: [String: Look] = [:]

    /// A look at one instance.
    private struct Look {
        /// In the time of change of files.
        let time: timespec
        let mostTries: Int
    }

    init(_ instances: [PostfixInstance]) { self.instances = instances }

    /// One look at each instance, `moment` seconds after the opening; one that cannot be looked at keeps
    /// no other from it.
    ///
    /// - Returns: how many messages were made due.
    /// - Throws: ``HaltError``; the next look does what is missing.
    mutating func look(at moment: Double) throws(HaltError) -> Int {
        var count = 0
        var failure: HaltError?
        for instance in instances {
            do throws(HaltError) { count += try look(at: instance, moment) } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return count
    }

    private mutating func look(
        at instance: PostfixInstance,
        _ moment: Double
    ) throws(HaltError) -> Int {
        // Before the files are listed: what comes in between is seen by the next look.
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &now)
        guard try Master(queue: instance.queue).running() != nil,
            let (folder, files) = try StateFile.folder("\(instance.queue)/deferred"),
            !files.isEmpty
        else { return 0 }
        let mostTries = Self.mostTries(at: moment)
        // A long queue is listed again only when something came into it meanwhile, or has a try more.
        if let last = looks[instance.name], last.mostTries == mostTries,
            !files.values.contains(where: { Self.hasChanged($0, in: folder, since: last.time) })
        {
            return 0
        }
        let waiting = try waiting(in: instance).filter { tries[$0, default: 0] < mostTries }
        var count = 0
        for id in waiting.prefix(Self.most) {
            guard let place = files[id.text], let file = try? folder.walk(to: place.path),
                file.touch() == 0
            else { continue }
            tries[id, default: 0] += 1
            count += 1
        }
        // Where one could not be listed, or more wait than one look makes due, the next does the rest.
        looks[instance.name] =
            waiting.count > Self.most ? nil : Look(time: now, mostTries: mostTries)
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
