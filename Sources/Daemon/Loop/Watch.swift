// SPDX-License-Identifier: Apache-2.0
//
// The daemon's life: start, run, reload on SIGHUP, stop on SIGTERM. Signal handlers are in place
// before anything else, so that a signal in the middle of a start cannot kill a half-done save.

internal import Breaker
internal import Control
internal import Engine
internal import EventTime
internal import FleetLink
internal import Glibc
internal import HaltWire
internal import Journal
internal import Linux
internal import LocalSocket
internal import MailLog
internal import Paging
internal import Settings
internal import SettingsFiles
internal import Store

/// Runs the daemon.
public struct Watch: Sendable {
    private let options: DaemonOptions
    private let log = OwnLog()
    private let notice = ServiceNotice()

    /// A daemon that finds its things where `options` say.
    public init(options: DaemonOptions) {
        self.options = options
    }

    /// Runs until SIGTERM or SIGINT, and ends the process; for its main thread, before any other is there.
    public func runToEnd() -> Never {
        let signals: Signals
        do throws(Errno) {
            signals = try Signals([SIGTERM, SIGINT, SIGHUP])
        } catch {
            log.write(3, nil, "cannot wait for signals, signalfd(2): \(error)")
            exit(ExitCode.unavailable)
        }
        Reserve.raiseLimit()
        TaskPool.takeOver()
        let (wishes, feed) = AsyncStream.makeStream(of: Wish.self)
        Task.detached { exit(await run(wishes)) }
        while true { feed.yield(signals.wait() == SIGHUP ? .reload : .stop) }
    }

    /// What may be wished of a running daemon.
    enum Wish: Sendable {
        /// SIGHUP.
        case reload
        /// SIGTERM, SIGINT.
        case stop
    }

    /// Runs until `wishes` say stop, or end; returns the exit code.
    func run(_ wishes: AsyncStream<Wish>) async -> Int32 {
        do throws(StartFailure) {
            try await watch(wishes)
            return ExitCode.done
        } catch {
            for line in error.text.split(separator: "\n") { log.write(3, nil, String(line)) }
            notice.status(error.text)
            return error.code
        }
    }

    private func watch(_ wishes: AsyncStream<Wish>) async throws(StartFailure) {
        let secrets = Secrets(source: options.secrets, taken: options.credentials)
        let start = StartUp(options: options, log: log)
        let settings = try start.settings()
        let saved = try start.saved()
        var trust = MailUsers.trust(settings)
        trust.acceptsAbsentFields = options.believesUntrusted
        var engine = Engine(settings: settings, trust: trust)
        engine.restore(board: saved.board, snapshot: saved.snapshot)
        // Storms of the past, found while learning, are nobody's emergency.
        engine.pagesLateVerdicts = saved.snapshot != nil || saved.damaged != nil
        let follower = try start.follower(settings, saved)
        let client = ActuatorClient(
            path: settings.halt.actuatorSocket,
            timeout: .microseconds(settings.halt.commandTimeout.microseconds)
        )
        let found = await start.found(client, mode: engine.board.mode)
        let paging = PagingDesk(log: log, store: saved.store)
        let pager = Pager(
            settings: settings.paging,
            outbox: StoreOutbox(store: saved.store),
            surroundings: paging.surroundings()
        )
        let lane = HaltLane(client: client)
        // Of other hosts' journals, and of containers, the servers of this host say nothing.
        var lookAtServers: (@Sendable () -> RunningServers)?
        if case .local = start.source(settings), settings.journal.trustedContainers.isEmpty {
            lookAtServers = { RunningServers.find() }
        }
        let parts = Loop.Parts(
            follower: follower,
            store: saved.store,
            habits: saved.habits,
            pager: pager,
            paging: paging,
            log: log,
            notice: notice,
            sourceName: start.source(settings).name,
            secrets: secrets,
            runningServers: lookAtServers,
            believesUntrusted: options.believesUntrusted,
            stateDirectory: options.stateDirectory,
            managerState: "\(options.stateDirectory)/manager",
            learned: "\(options.stateDirectory)/\(LearnedFile.name)"
        )
        let loop = Loop(engine: engine, cursor: saved.cursor, parts: parts, lane: lane)
        let desk = ControlDesk(
            loop: loop,
            client: client,
            store: saved.store,
            pager: pager,
            log: log,
            secrets: secrets
        )
        let server = try controlServer(desk)
        let link = await FleetStart(options: options, log: log).begin(loop, saved.store)
        // Another host may have paged while this one was away; that is heard within seconds.
        if link != nil { await pager.postpone(by: FleetPages.hearing) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: follower.executor) {
                await loop.run(
                    damaged: saved.damaged,
                    highestIncident: saved.highestIncident,
                    found: found
                )
            }
            group.addTask { await lane.run(loop: loop) }
            group.addTask { await pager.run() }
            group.addTask { await handOnAcknowledgements(of: paging, to: loop) }
            group.addTask {
                for await incidents in paging.deliveries { await loop.delivered(incidents) }
            }
            group.addTask { await obey(wishes, start: start, loop: loop, secrets) }
            // The first task to end is the one that obeys SIGTERM.
            await group.next()
            notice.stopping()
            server.stop()
            link?.stop()
            group.cancelAll()
        }
        follower.stop()
    }

    private func controlServer(_ desk: ControlDesk) throws(StartFailure) -> ControlServer {
        // Run by hand, whoever may kill the daemon may as well command it.
        let isService = unsafe getenv("NOTIFY_SOCKET") != nil
        let access = ControlAccess(owner: geteuid(), ownerMayChange: !isService)
        let answer: ControlServer.Answer = { request, peer in await desk.answer(request, peer) }
        do throws(SocketError) {
            let server =
                if let inherited = try Activation.descriptor() {
                    try ControlServer(inherited: inherited, access: access, answer: answer)
                } else {
                    try ControlServer(
                        path: options.controlSocket,
                        access: access,
                        answer: answer
                    )
                }
            try server.start()
            return server
        } catch {
            throw StartFailure(
                code: error.code == .denied ? ExitCode.noPermission : ExitCode.unavailable,
                text: "\(error)"
            )
        }
    }

    /// Hands on what alert scripts say of who took an incident over.
    private func handOnAcknowledgements(of paging: PagingDesk, to loop: Loop) async {
        for await (incident, by) in paging.acknowledgements {
            let audit = Audit(
                uid: geteuid(),
                time: .now,
                reason: "by \(by), through the alert script's answer"
            )
            _ = await loop.take(.command(.acknowledge(incident), by: audit))
        }
    }

    /// Returns when told to stop; reads the settings again when told so.
    private func obey(
        _ wishes: AsyncStream<Wish>,
        start: StartUp,
        loop: Loop,
        _ secrets: Secrets
    ) async {
        for await wish in wishes {
            guard wish == .reload else {
                log.write(5, nil, "stopping; an open breaker stays open")
                return
            }
            notice.reloading()
            do throws(StartFailure) {
                await loop.reload(try start.settings())
                log.write(5, .settingsReloaded, "settings reloaded")
            } catch {
                await loop.rejected(error.text)
            }
            // A reload takes settings only: said at once, and by every trial and doctor after it.
            if let change = secrets.change { log.write(4, nil, change) }
            notice.ready(status: secrets.change ?? "settings read again")
        }
    }
}

extension JournalSource {
    /// The source as `status` names it.
    var name: String {
        switch self {
        case .local: "local journal"
        case .directory(let path): path
        case .files(let paths): paths.joined(separator: " ")
        }
    }
}
