// SPDX-License-Identifier: Apache-2.0
//
// The privileged side of the socket: who may ask, what may be asked, one command at a time. It
// believes nothing about a request but what it has checked itself.

internal import FoundationEssentials
public import HaltWire
internal import Linux
public import LocalSocket

/// Answers requests of the daemon; runs as root.
public final class Actuator: Sendable {
    /// Where Postfix and our state are.
    public struct Place: Sendable {
        /// Postfix's configuration directory; nil: every instance that postmulti(1) lists.
        public var configuration: String?
        /// Our state directory.
        public var state: String

        /// The mail server; nil: what the settings say, or what is found.
        public var mta: MTA?

        /// A place.
        public init(configuration: String? = nil, state: String, mta: MTA? = nil) {
            self.configuration = configuration
            self.state = state
            self.mta = mta ?? (configuration == nil ? nil : .postfix)
        }
    }

    let place: Place
    private let allowed: Set<UInt32>
    private let turn = Guarded(())
    /// Whether somebody looks after what was deferred, and after which opening of the gate.
    let care = Guarded(Care())
    /// Rung when the gate is opened while an opening before is still looked after.
    let reopened = try? Bell()
    /// Whether somebody calls the queue manager, and after which reload.
    let recall = Guarded(Recall())

    /// An actuator for `place` that obeys root and the users `allowed`.
    public init(place: Place, allowed: Set<UInt32>) {
        self.place = place
        self.allowed = allowed
    }

    /// Carries out one request line and returns the report line.
    ///
    /// Blocks: it is called from a thread of its own, see ``answer(_:_:)``.
    public func perform(_ peer: Peer, _ line: [UInt8]) -> [UInt8] {
        let report: HaltReport
        do throws(HaltError) {
            guard peer.uid == 0 || allowed.contains(peer.uid) else {
                throw HaltError(
                    code: .refused,
                    operation: "obey",
                    path: "",
                    reason: "uid \(peer.uid) is neither root nor the daemon's user"
                )
            }
            let request: ActuatorRequest
            do { request = try JSONDecoder().decode(ActuatorRequest.self, from: Data(line)) } catch
            {
                throw HaltError(
                    code: .refused,
                    operation: "understand the request",
                    path: "",
                    reason: "it is not one of the fixed commands"
                )
            }
            // Another command may hang, as in a look through the queue: nothing leaves meanwhile.
            if request.verb == .halt, place.isPostfixLast { closeWhatWasKnown() }
            let patience = Patience(.seconds(min(max(request.within ?? 60, 1), 600)))
            // The last resort waits for no other command, and touches nothing of theirs. Nor does any
            // other command wait for a question that only looks, though it may have to ask postconf(1).
            report =
                request.verb == .stop || request.verb == .probe
                ? try carryOut(request, patience)
                : try turn.withLock { _ throws(HaltError) in try carryOut(request, patience) }
            lookAfter()
        } catch {
            var refusal = HaltReport(verb: .none)
            refusal.errors = ["\(error)"]
            return Self.encode(refusal)
        }
        return Self.encode(report)
    }

    /// As ``perform(_:_:)``, for a ``LineServer``: the work is done off the cooperative pool.
    public func answer(_ peer: Peer, _ line: [UInt8]) async -> [UInt8] {
        await offPool { self.perform(peer, line) }
    }

    /// Lets queue managers go on that a killed actuator left stopped; the queues that stood still.
    public func thaw() -> [String] { FreezeGuard.thawAll(state: place.state) }

    /// What is due before Postfix starts.
    public func assertAtBoot() -> HaltReport {
        do throws(HaltError) {
            guard try HaltMarker.read(state: place.state) == .halted else {
                return HaltReport(verb: .assertBoot)
            }
            return try driver(Patience(), isHalting: true).assertAtBoot()
        } catch {
            var report = HaltReport(verb: .assertBoot)
            report.block = .failed
            report.errors = ["\(error)"]
            return report
        }
    }

    private func carryOut(
        _ request: ActuatorRequest,
        _ patience: Patience
    ) throws(HaltError) -> HaltReport {
        let ids = try request.checkedIDs()
        let isHalting = [.halt, .rehold, .status, .probe].contains(request.verb)
        func driver() throws(HaltError) -> any MTADriver {
            try self.driver(patience, isHalting: isHalting)
        }
        try request.checkNames()
        var report = try carryOut(request, ids, driver)
        if request.verb != .version { report.mta = try place.server() }
        return report
    }

    private func carryOut(
        _ request: ActuatorRequest,
        _ ids: [QueueID]?,
        _ driver: () throws(HaltError) -> any MTADriver
    ) throws(HaltError) -> HaltReport {
        switch request.verb {
        case .version: return HaltReport(.version)
        case .status: return try driver().status()
        case .probe:
            var report = HaltReport(.probe)
            report.obstacles = Obstacle.found(in: [place.state] + (try driver().changed))
            return report
        case .halt:
            if try place.server() == .postfix { closeWhatWasKnown() }
            return try driver().halt()
        case .rehold: return try driver().rehold()
        case .resume:
            let server: any MTADriver
            do throws(HaltError) { server = try driver() } catch {
                return try startAgain(because: error)
            }
            var report = server.resume(request.held ?? .release)
            let isOpen = report.errors.isEmpty
            report.attempt { report throws(HaltError) in
                if isOpen, try ServerUnit(mta: server.mta, state: place.state).start() {
                    report.notes.append("the mail server, which we had stopped, was started")
                }
            }
            // main.cf is a new file now: ask here, so that the next halt need not.
            if try place.server() == .postfix { _ = try? driver() }
            return report
        case .release: return try driver().release(request.selection(ids))
        case .pass: return try driver().pass(request.selection(ids))
        case .blockLists: return try driver().block(try request.checkedLists())
        case .narrow: return try driver().narrow(try request.checkedLists())
        case .held: return try driver().held(limit: min(max(request.limit ?? 100, 1), 1000))
        case .heldPosts: return try driver().posts(list: request.list)
        case .discard:
            guard ids != nil || request.list != nil || request.post != nil else {
                throw HaltError(
                    code: .refused,
                    operation: "discard",
                    path: "",
                    reason: "it was not said what: a list, a post, or queue IDs"
                )
            }
            return try driver().discard(request.selection(ids))
        case .restore:
            let server = try driver()
            return server.restore(ids ?? request.post.map { server.saved($0) } ?? [])
        case .savedPosts: return try driver().savedPosts(request.post)
        case .prune:
            guard let before = request.before else {
                throw HaltError(
                    code: .refused,
                    operation: "delete saved mail",
                    path: "",
                    reason: "it was not said how old it must be"
                )
            }
            return try driver().prune(before: before)
        case .holdIDs: return try driver().hold(ids ?? [], for: request.list)
        case .stop:
            // A mail server that cannot be halted, nor asked, can still be stopped.
            let server = try? driver()
            let unit = ServerUnit(mta: try place.server(), state: place.state)
            // Its queue manager is ended first: not where nothing comes of it.
            do throws(HaltError) { try unit.check() } catch {
                var report = server?.status() ?? HaltReport(.stop)
                report.verb = .asked(.stop)
                report.errors.append("\(error)")
                return report
            }
            let underWay = server?.calm() ?? 0
            var report = server?.status() ?? HaltReport(.stop)
            report.verb = .asked(.stop)
            if underWay > 0 {
                report.notes.append(
                    "\(underWay) deliveries were under way and were cut; those copies may arrive twice"
                )
            }
            report.attempt { _ throws(HaltError) in try unit.stop() }
            return report
        case .holdList:
            let senders = try request.checkedSenders()
            return try driver().hold(senders: senders, for: request.list ?? "")
        }
    }

    /// Starts a mail server that was stopped because it could not be halted.
    ///
    /// - Throws: `error`, when it was not stopped by us; why it cannot be started.
    private func startAgain(because error: HaltError) throws(HaltError) -> HaltReport {
        let unit = ServerUnit(mta: try place.server(), state: place.state)
        guard try HaltMarker.read(state: place.state) == nil, try unit.start() else { throw error }
        var report = HaltReport(.resume)
        report.notes.append("the mail server, which we had stopped, was started")
        report.notes.append("nothing was halted: \(error)")
        return report
    }

    /// Asking takes two seconds when main.cf was edited a moment ago.
    ///
    /// Close what we knew of first; the halt closes what there is, and resuming opens every closed
    /// service.
    private func closeWhatWasKnown() {
        for instance in InstanceCache(state: place.state).last {
            let gate = Gate(queue: instance.queue, services: instance.services.outbound)
            _ = try? gate.close()
        }
    }

    private func driver(
        _ patience: Patience,
        isHalting: Bool = false
    ) throws(HaltError) -> any MTADriver {
        let mta = try place.server()
        return mta == .postfix
            ? try postfix(patience, isHalting: isHalting) : try place.driver(of: mta)
    }

    private func postfix(
        _ patience: Patience,
        isHalting: Bool
    ) throws(HaltError) -> PostfixDriver {
        let known = InstanceCache(state: place.state)
        let configuration = place.configuration
        do throws(HaltError) {
            let instances = try known.instances(main: configuration ?? "/etc/postfix") {
                () throws(HaltError) in
                guard let configuration else { return try PostfixInstance.all() }
                return [try PostfixInstance(name: "-", at: configuration)]
            }
            return PostfixDriver(
                instances: instances,
                state: place.state,
                patience: patience,
                afterReload: callAgain
            )
        } catch {
            // A configuration that nobody can read keeps no mail from leaving a running Postfix.
            guard isHalting, !known.last.isEmpty else { throw error }
            return PostfixDriver(
                instances: known.last,
                state: place.state,
                patience: patience,
                doubt: error,
                afterReload: callAgain
            )
        }
    }

    private static func encode(_ report: HaltReport) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(report) else {
            preconditionFailure("a report of plain values can always be encoded")
        }
        return Array(bytes)
    }
}
