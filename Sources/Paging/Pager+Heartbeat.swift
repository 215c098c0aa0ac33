// SPDX-License-Identifier: Apache-2.0
//
// Runs the heartbeat's script. It is no page: not in the outbox, not tried again, not folded.

import EventTime
import Settings
internal import Words

extension Pager {
    /// Called by the loop that watches, after each full turn or so; runs the heartbeat's script when
    /// it is time, unless ``HeartbeatStatus/blind`` or broken paging calls for silence.
    public func beat(_ status: HeartbeatStatus) {
        let settings = queue.settings
        guard !settings.heartbeatScript.isEmpty else { return }
        let reason = status.blind ?? health.broken(targets: settings.targets.count)
        let now = surroundings.now()
        switch heartbeat.beat(
            at: now,
            interval: settings.heartbeatInterval,
            silentFor: reason
        ) {
        case .wait: return
        case .silent(let reason): surroundings.report(.heartbeatSilent(reason))
        case .run:
            let call = heartbeatCall(status, settings, now)
            Task {
                let result = await ScriptRunner.run(call)
                heartbeat.ended()
                switch result.outcome {
                case .delivered, .stopped: break
                default: surroundings.report(.heartbeatFailed(result))
                }
            }
        }
    }

    private func heartbeatCall(
        _ status: HeartbeatStatus,
        _ settings: PagingSettings,
        _ now: Timestamp
    ) -> ScriptCall {
        let text = JSONText.object([
            ("version", .number(1)),
            ("host", .string(surroundings.host)),
            ("time", .string(now.rfc3339)),
            ("mode", .string(status.mode)),
            ("open", .number(status.open)),
            ("lag_seconds", .number(Int64(status.lag.seconds))),
            ("pages_pending", .number(health.pending)),
        ]).text
        var environment = [
            "PATH": Environment.path,
            "LC_ALL": "C.UTF-8",
            "LISTBREAKER_EVENT": "heartbeat",
            "LISTBREAKER_TARGET": "heartbeat",
            "LISTBREAKER_HOST": surroundings.host.oneLine(limit: Environment.valueBytes),
        ]
        if let credentials = surroundings.credentials {
            environment["CREDENTIALS_DIRECTORY"] = credentials
        }
        return ScriptCall(
            path: settings.heartbeatScript,
            event: "heartbeat",
            input: text + "\n",
            environment: environment,
            timeout: min(settings.heartbeatInterval, .seconds(20)),
            stop: stop
        )
    }
}
