// SPDX-License-Identifier: Apache-2.0
//
// The page that says the watchdog itself is dead: run by OnFailure= when the daemon cannot start or
// keeps dying. It needs settings and scripts only: no state, no journal, no socket.

internal import Breaker
internal import EventTime
internal import Glibc
internal import Linux
internal import Paging
internal import Settings

/// Pages that the daemon does not run.
public struct FailurePage: Sendable {
    /// How long targets are tried.
    ///
    /// Chosen: below systemd's start-up limit of 90 s.
    static let patience = TimeSpan.seconds(75)

    private let options: DaemonOptions

    /// A page by the targets that the settings in `options` name.
    public init(options: DaemonOptions) {
        self.options = options
    }

    /// Sends it, to all targets at once, and ends the process; for its main thread.
    ///
    /// The exit code is 0 when one has it, or every one was given up.
    public func sendToEnd() -> Never {
        TaskPool.takeOver()
        Task.detached { exit(await send()) }
        while true { pause() }
    }

    func send() async -> Int32 {
        let log = OwnLog()
        let start = StartUp(options: options, log: log)
        var paging = PagingSettings()
        var code = ExitCode.done
        var why = ""
        do throws(StartFailure) {
            paging = try start.settings().paging
        } catch {
            // The likeliest cause of the failure: whoever can be made out in them is paged all the same.
            for line in error.text.split(separator: "\n") { log.write(2, nil, String(line)) }
            code = error.code
            why = "; its settings are wrong: \(error.text.split(separator: "\n").first ?? "")"
            if let texts = try? start.texts() { paging = SettingsReader.paging(texts) }
        }
        guard !paging.targets.isEmpty else {
            log.write(2, .daemonFailed, "listbreakerd does not run, and nobody can be paged")
            return code == ExitCode.done ? 1 : code
        }
        // This process ends soon: whoever were to be told later would never be.
        for index in paging.targets.indices { paging.targets[index].escalateAfter = .seconds(0) }
        log.write(2, .daemonFailed, "listbreakerd has failed and does not watch; paging")
        let desk = PagingDesk(log: log, store: nil)
        let pager = Pager(
            settings: paging,
            outbox: MemoryOutbox(),
            surroundings: desk.surroundings()
        )
        let now = Timestamp.now
        await pager.submit(
            Alert(
                kind: .daemonFailed,
                severity: .critical,
                summary: "listbreakerd on \(PagingDesk.hostName) FAILED and does not watch; "
                    + "a halt that was in force stays in force\(why)",
                advice: "systemctl status listbreakerd; journalctl -u listbreakerd -n 50; then "
                    + "systemctl reset-failed listbreakerd && systemctl start listbreakerd",
                started: now,
                dedupKey: "daemon-failed"
            ),
            at: now
        )
        let isDrained = await pager.drain(within: Self.patience)
        guard isDrained || desk.now.delivered > 0 else {
            log.write(2, .pageFailed, "listbreakerd does not run, and the page got nowhere")
            return 1
        }
        return ExitCode.done
    }
}
