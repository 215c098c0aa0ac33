// SPDX-License-Identifier: Apache-2.0
//
// The page that says the watchdog itself is dead: run by OnFailure= when the daemon cannot start or
// keeps dying. It needs settings and scripts only: no state, no journal, no socket.

internal import Breaker
internal import EventTime
internal import Paging
internal import Settings

/// Pages that the daemon does not run.
public struct FailurePage: Sendable {
    /// How long targets are tried.
    ///
    /// Chosen: below systemd's start-up limit of 90 s.
    static let patience = Span.seconds(75)

    private let options: DaemonOptions

    /// A page by the targets that the settings in `options` name.
    public init(options: DaemonOptions) {
        self.options = options
    }

    /// Sends it; returns the exit code: 0 when every target has it or was given up.
    public func send() async -> Int32 {
        let log = OwnLog()
        let settings: Settings
        do throws(StartFailure) {
            settings = try StartUp(options: options, log: log).settings()
        } catch {
            // The likeliest cause of the failure; without settings there is nobody to page.
            log.write(2, .pageFailed, "listbreakerd does not run, and nobody can be paged")
            for line in error.text.split(separator: "\n") { log.write(2, nil, String(line)) }
            return error.code
        }
        log.write(2, .daemonFailed, "listbreakerd has failed and does not watch; paging")
        let desk = PagingDesk(log: log, store: nil)
        let pager = Pager(
            settings: settings.paging,
            outbox: MemoryOutbox(),
            surroundings: desk.surroundings()
        )
        let now = Timestamp.now
        await pager.submit(
            Alert(
                kind: .daemonFailed,
                severity: .critical,
                summary: "listbreakerd on \(PagingDesk.hostName) FAILED and does not watch; "
                    + "a halt that was in force stays in force",
                advice: "systemctl status listbreakerd; journalctl -u listbreakerd -n 50; then "
                    + "systemctl reset-failed listbreakerd && systemctl start listbreakerd",
                started: now,
                dedupKey: "daemon-failed-\(PagingDesk.hostName)"
            ),
            at: now
        )
        guard !settings.paging.targets.isEmpty, await pager.drain(within: Self.patience) else {
            log.write(2, .pageFailed, "listbreakerd does not run, and the page got nowhere")
            return 1
        }
        return ExitCode.done
    }
}
