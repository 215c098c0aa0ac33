// SPDX-License-Identifier: Apache-2.0
//
// Any other mail server, by a script of the site. The script halts and resumes the whole outbound
// queue; what counts is what its own `status` says afterwards. It runs as root, so nobody but root
// may be able to change it or to put another in its place. It gets a verb and nothing else.

internal import Glibc
internal import HaltWire

/// Halts and resumes by a script.
struct ExecDriver: MTADriver {
    let script: String
    let state: String
    var mta: MTA { .exec }

    /// Deadline of one run of the script: 25 s, below that of a command of the daemon.
    ///
    /// Chosen.
    static let deadline = Duration.seconds(25)
    /// What `status` exits with when mail flows.
    static let flows: Int32 = 3

    func halt() -> HaltReport {
        var report = HaltReport(verb: "halt")
        report.step("block") { report in
            report.attempt { report throws(HaltError) in
                try HaltMarker.halted.write(state: state)
            }
            report.attempt { report throws(HaltError) in try run("halt") }
            report.worsen(report.errors.isEmpty ? .installed : .failed)
        }
        look(&report)
        return report
    }

    func rehold() -> HaltReport {
        var report = HaltReport(verb: "rehold")
        guard isWished(&report) else {
            report.errors.append("cannot hold again: mail is not halted; halt first")
            look(&report)
            return report
        }
        report.step("block") { report in
            report.attempt { report throws(HaltError) in
                if try isHalted(&report) { return report.worsen(.already) }
                report.changed.append("'\(script)' says that mail flows; halted again")
                try run("halt")
                report.worsen(.reinstalled)
            }
        }
        look(&report)
        return report
    }

    func assertAtBoot() -> HaltReport {
        var report = HaltReport(verb: "assert-boot")
        if isWished(&report) {
            report.attempt { report throws(HaltError) in try run("halt") }
            report.worsen(report.errors.isEmpty ? .already : .failed)
        }
        return report
    }

    func resume(_ held: ActuatorRequest.Held) -> HaltReport {
        var report = HaltReport(verb: "resume")
        if held == .keep {
            report.notes.append("'\(script)' decides what becomes of mail that is queued")
        }
        report.step("open") { report in
            report.attempt { report throws(HaltError) in
                if try HaltMarker.read(state: state) != nil {
                    try HaltMarker.resuming.write(state: state)
                }
                try run("resume")
                guard try !isHalted(&report) else {
                    throw HaltError(
                        code: .failed,
                        operation: "resume mail by",
                        path: script,
                        reason: "it says that mail is still halted"
                    )
                }
                report.worsen(.restored)
                try HaltMarker.clear(state: state)
            }
        }
        look(&report)
        return report
    }

    func status() -> HaltReport {
        var report = HaltReport(verb: "status")
        look(&report)
        return report
    }

    /// Nothing is ever held by us, so there is nothing to give back.
    func release(_ selection: HeldSelection) -> HaltReport { answer("release") }
    func held(limit: Int) -> HaltReport { answer("held") }
    func posts(list: String?) -> HaltReport { answer("held-posts") }
    func hold(_ ids: [QueueID], for list: String?) -> HaltReport {
        answer("hold-ids", cannot: "hold single messages")
    }
    func discard(_ selection: HeldSelection) -> HaltReport {
        answer("discard", cannot: "discard held mail")
    }
    func restore(_ ids: [QueueID]) -> HaltReport {
        answer("restore", cannot: "bring discarded mail back")
    }

    private func answer(_ verb: String, cannot what: String? = nil) -> HaltReport {
        var report = status()
        report.verb = verb
        if let what { report.errors.append("cannot \(what): '\(script)' only halts and resumes") }
        return report
    }

    private func isWished(_ report: inout HaltReport) -> Bool {
        let wish = report.attempt { report throws(HaltError) in try HaltMarker.read(state: state) }
        return wish == .some(.halted)
    }

    private func isHalted(_ report: inout HaltReport) throws(HaltError) -> Bool {
        try check()
        let outcome = try Program(script, ["status"]).run(deadline: Self.deadline)
        guard outcome.status == 0 || outcome.status == Self.flows else {
            throw HaltError(
                code: .failed,
                operation: "learn the state of mail from",
                path: script,
                reason: "status exited with \(outcome.status); 0 or \(Self.flows) was expected"
            )
        }
        return outcome.status == 0
    }

    private func run(_ verb: String) throws(HaltError) {
        try check()
        _ = try Program(script, [verb]).check(deadline: Self.deadline)
    }

    /// Refuses a script that somebody besides root could change.
    private func check() throws(HaltError) {
        var path = Substring(script)
        while true {
            guard path.first == "/" || path.isEmpty,
                let status = StateFile.status(
                    path.isEmpty ? "/" : String(path)
                )
            else { throw .file("run", script, errno: ENOENT) }
            let isFree = status.st_uid == 0 || status.st_uid == geteuid()
            let isSticky = status.st_mode & S_ISVTX != 0 && path.count < script.count
            guard isFree, status.st_mode & 0o022 == 0 || isSticky else {
                throw HaltError(
                    code: .refused,
                    operation: "run",
                    path: script,
                    reason: "others than root may change '\(path.isEmpty ? "/" : path)'"
                )
            }
            guard !path.isEmpty, let slash = path.lastIndex(of: "/") else { return }
            path = path[..<slash]
        }
    }

    private func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        report.services = [script]
        let answer = report.attempt { report throws(HaltError) in try isHalted(&report) }
        report.isRunning = answer != nil
        report.isHalted = isWished && answer == true
        if isWished, answer == false, report.verb == "status" {
            report.changed.append("'\(script)' says that mail flows")
        }
    }
}
