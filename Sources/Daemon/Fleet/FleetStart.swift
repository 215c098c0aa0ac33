// SPDX-License-Identifier: Apache-2.0
//
// The start of the fleet's side, only where /etc/listbreaker/fleet.conf is: what was saved is read, and the
// carrier's socket opened. Whatever is wrong with it is said, and the daemon watches alone: a fleet that is
// set up wrongly must not stop the watchdog.

internal import Breaker
internal import Engine
internal import Fleet
internal import FleetLink
internal import Glibc
internal import Linux
internal import LocalSocket
internal import Store

/// Begins the fleet's side.
struct FleetStart {
    var options: DaemonOptions
    var log: OwnLog

    /// Gives `loop` its share in the fleet and serves the carrier; nil where there is none.
    func begin(_ loop: Loop, _ store: Store) async -> LinkServer? {
        do throws(FleetStartFailure) {
            guard let settings = try settings() else { return nil }
            await loop.join(FleetDesk(settings), saved: rows(of: store))
            let server = try server(settings, loop)
            log.write(5, nil, "in a fleet as \(settings.host); listening on \(settings.socket)")
            return server
        } catch {
            log.write(3, nil, "\(error.text); this host watches alone")
            return nil
        }
    }

    /// The settings; nil where there is no file.
    private func settings() throws(FleetStartFailure) -> FleetSettings? {
        guard !options.fleet.isEmpty else { return nil }
        do throws(LinkError) {
            return try FleetFile.read(options.fleet)
        } catch {
            throw FleetStartFailure(text: error.description)
        }
    }

    private func rows(of store: Store) -> [FleetRow] {
        do throws(StoreError) {
            return try store.fleet()
        } catch {
            log.write(2, .stateDamaged, "\(error)")
            return []
        }
    }

    private func server(
        _ settings: FleetSettings,
        _ loop: Loop
    ) throws(FleetStartFailure) -> LinkServer {
        var allowed = Set([Account.uid(of: settings.user)].compactMap { $0 })
        // Run by hand, both are one person's.
        if unsafe getenv("NOTIFY_SOCKET") == nil { allowed.insert(geteuid()) }
        do throws(SocketError) {
            let server = try LinkServer(path: settings.socket, allowed: allowed) { request in
                switch request.verb {
                case .next: await loop.nextForFleet(request)
                case .facts: await loop.nextFacts()
                case .take: await loop.take(request.records ?? [])
                case .status: LinkAnswer(status: await loop.fleetStatus())
                }
            }
            try server.start()
            return server
        } catch {
            throw FleetStartFailure(text: "\(error)")
        }
    }
}

/// Why the fleet's side does not begin.
struct FleetStartFailure: Error {
    /// In words.
    var text: String
}

extension Loop {
    /// Takes its share in the fleet, with what was saved.
    func join(_ desk: FleetDesk, saved: [FleetRow]) {
        var desk = desk
        desk.member.horizon = engine.board.settings.actHorizon
        for row in saved {
            guard let record = FleetRecord(saved: row.record), let note = FleetNote(row.note) else {
                parts.log.write(
                    4,
                    nil,
                    "a saved record of the fleet is not understood; passed over"
                )
                continue
            }
            desk.member.restore(record, note)
        }
        engine.keepsFacts = true
        fleet = desk
        beginJudge()
    }
}
