// SPDX-License-Identifier: Apache-2.0
//
// What a judge knows, over a restart: saved beside the loop, in a file whose loss costs a judge's memory and
// nothing else. The mistake to avoid: to believe it of what was reset since; the save is some seconds old.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import FleetJudging
internal import Linux
internal import Store
internal import StormDetection

extension Loop {
    /// Makes the judge of this host, with what it knew before, where that was saved.
    func beginJudge() {
        guard let desk = fleet, desk.settings.isJudge else { return }
        let memory = Habits(directory: parts.stateDirectory, of: .judge)
        var judge = FleetJudge(
            traffic: engine.traffic,
            detector: engine.detection,
            domains: desk.settings.domains,
            horizon: desk.member.horizon,
            key: .random(in: 0 ... .max)
        )
        fleet?.memory = memory
        do throws(StoreError) {
            var known = judge
            let place = try memory.load { try known.archive(&$0) }
            if let saved = place?.time {
                known.learn(from: engine.traffic, engine.detection)
                judge = known
                fleet?.judge = judge
                updateJudge()
                noteResets(since: saved)
                return parts.log.write(6, nil, "the judge knows what it knew at \(saved.rfc3339)")
            }
        } catch {
            parts.log.write(4, nil, "\(error)")
        }
        fleet?.judge = judge
    }

    /// Tells the judge what was reset since `saved`: killed, it may have been told and not have saved it.
    private func noteResets(since saved: Timestamp) {
        for incident in engine.board.incidents {
            guard let audit = incident.resetBy, audit.time >= saved,
                let list = incident.scope.mailName
            else { continue }
            noteReset(of: list, at: audit.time)
        }
        for case (.reset(let reset), let note) in fleet?.member.notes ?? [:]
        where note.heard >= saved { noteForJudge(reset, at: note.heard) }
    }

    /// Saves what the judge knows, beside the loop or, `waiting`, at once.
    func saveJudge(waiting: Bool) {
        guard let judge = fleet?.judge, let memory = fleet?.memory,
            fleet?.memoryPace.begin(.now, force: waiting) == true
        else { return }
        let (now, log) = (Timestamp.now, parts.log)
        let save: @Sendable () -> Void = {
            do throws(StoreError) {
                var copy = judge
                try memory.save(cursor: "", time: now) { try copy.archive(&$0) }
            } catch {
                log.write(3, nil, "\(error)")
            }
        }
        guard !waiting else {
            snapshots.sync(save)
            fleet?.memoryPace.end(.now)
            return
        }
        snapshots.async { [weak self] in
            save()
            Task { await self?.judgeSaved() }
        }
    }

    private func judgeSaved() { fleet?.memoryPace.end(.now) }
}
