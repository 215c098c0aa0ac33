// SPDX-License-Identifier: Apache-2.0
//
// From nothing to a loop that may run, in the order that is safe: settings, state, journal,
// actuator. Each step that fails says what, on what, why, and which exit code it is.

internal import Breaker
internal import Engine
internal import EventTime
internal import HaltWire
internal import Journal
internal import Linux
internal import Settings
internal import SettingsFiles
internal import Store

/// Why the daemon cannot start.
struct StartFailure: Error {
    /// The exit code.
    var code: Int32
    /// In words, one line or several.
    var text: String
}

/// The steps of a start.
struct StartUp {
    /// Without saved state the journal is read from this far back, to learn the lists' posters and
    /// sizes.
    ///
    /// Chosen: a month of posts; nothing older than the horizon can trip.
    static let history = TimeSpan.days(historyDays)
    private static let historyDays: Int64 = 30

    var options: DaemonOptions
    var log: OwnLog

    /// What was saved, and how well that went.
    struct Saved {
        var store: Store
        var board: BreakerBoard?
        var habits: Habits
        var snapshot: EngineSnapshot?
        var cursor: String?
        var time: Timestamp?
        var damaged: String?
        var highestIncident: Int64
        var isFirstStart: Bool
    }

    /// The text of the settings.
    func texts() throws(StartFailure) -> [SettingsText] {
        do throws(SettingsFilesError) {
            return options.config.isEmpty
                ? try SettingsFiles.read() : try SettingsFiles.read(file: options.config)
        } catch {
            throw StartFailure(code: ExitCode.configuration, text: "\(error)")
        }
    }

    /// The settings, or all that is wrong with them.
    func settings() throws(StartFailure) -> Settings {
        switch SettingsReader.read(try texts(), zones: ZoneFiles.rules(of:)) {
        case .success(let (settings, _)): return settings
        case .failure(let errors):
            throw StartFailure(code: ExitCode.configuration, text: "\(errors)")
        }
    }

    /// Opens the state; a damaged one is set aside and said so.
    func saved() throws(StartFailure) -> Saved {
        let opened: Store.Opened
        do throws(StoreError) {
            opened = try Store.open(directory: options.stateDirectory)
        } catch {
            throw StartFailure(code: error.exitCode, text: "\(error)")
        }
        var saved = Saved(
            store: opened.store,
            habits: Habits(directory: options.stateDirectory),
            damaged: opened.damagedCopy,
            highestIncident: opened.highestIncident,
            isFirstStart: opened.isNew
        )
        if let damage = opened.damage {
            log.write(
                2,
                .stateDamaged,
                "the state was damaged (\(damage)) and set aside as "
                    + "'\(opened.damagedCopy ?? "")'; the queue's breaker opens until you decide"
            )
        }
        do throws(StoreError) {
            saved.board = try opened.store.loadBoard(BreakerBoard.self)
        } catch {
            log.write(2, .stateDamaged, "\(error)")
            saved.damaged = saved.damaged ?? opened.store.path
        }
        loadHabits(&saved)
        return saved
    }

    /// Reads what was learned; without it the lists are learned anew, and no breaker changes.
    private func loadHabits(_ saved: inout Saved) {
        do throws(StoreError) {
            var snapshot: EngineSnapshot?
            guard let place = try saved.habits.load({ snapshot = try EngineSnapshot(from: &$0) })
            else {
                guard !saved.isFirstStart else { return }
                return log.write(
                    5,
                    nil,
                    "nothing that was learned is saved in '\(saved.habits.path)': the lists are "
                        + "learned anew from the last \(Self.historyDays) days of the journal"
                )
            }
            saved.snapshot = snapshot
            saved.cursor = place.cursor
            saved.time = place.time
        } catch {
            log.write(4, nil, "\(error), \(Self.historyDays) days back")
        }
    }

    /// The journal that `settings` and options name.
    func source(_ settings: Settings) -> JournalSource {
        let directory =
            options.journalDirectory.isEmpty
            ? settings.journal.directory : options.journalDirectory
        return directory.isEmpty ? .local : .directory(directory)
    }

    /// Opens the journal where the saved state left it.
    func follower(
        _ settings: Settings,
        _ saved: Saved
    ) throws(StartFailure) -> JournalFollower {
        let start: ReadStart =
            if let cursor = saved.cursor {
                .cursor(cursor, orTime: saved.time)
            } else {
                .time(Timestamp.now - Self.history)
            }
        // Read from the beginning, files are read directly, and what is left of them is not lost.
        for lost in JournalDamage.lostFiles(in: source(settings), readsFiles: saved.cursor == nil) {
            log.write(4, .blind, "cannot read all of '\(lost.path)': \(lost.loss)")
        }
        do throws(JournalError) {
            return try JournalFollower(
                source: source(settings),
                start: start,
                extraMatches: settings.journal.matches
            )
        } catch {
            let code =
                error.code == .notReadable ? ExitCode.noPermission : ExitCode.unavailable
            throw StartFailure(code: code, text: "\(error)")
        }
    }

    /// What the actuator holds already: a halt, and the lists of the list block.
    ///
    /// An actuator that does not answer is no reason not to watch: a trip will say NOT HALTED.
    func found(_ client: ActuatorClient, mode: Mode) async -> Loop.Found {
        do throws(HaltError) {
            let report = try await client.send(ActuatorRequest(.status))
            return Loop.Found(
                isHalted: report.isHalted,
                blocked: report.blocked,
                canNarrow: report.narrows == true
            )
        } catch {
            log.write(
                mode == .armed ? 3 : 5,
                nil,
                "\(error); until it answers, no trip can halt mail"
            )
            return Loop.Found()
        }
    }
}
