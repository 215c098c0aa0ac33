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

    var parent: String { state }

    func halt(_ report: inout HaltReport) {
        report.step("block") { report in
            report.attempt { _ throws(HaltError) in try HaltMarker.halted.write(state: state) }
            report.attempt { _ throws(HaltError) in try run("halt") }
            report.worsen(report.errors.isEmpty ? .installed : .failed)
        }
    }

    func rehold(_ report: inout HaltReport) {
        report.step("block") { report in
            report.attempt { report throws(HaltError) in
                if try isHalted() { return report.worsen(.already) }
                report.changed.append("'\(script)' says that mail flows; halted again")
                try run("halt")
                report.worsen(.reinstalled)
            }
        }
    }

    func assertAtBoot(_ report: inout HaltReport) {
        report.attempt { _ throws(HaltError) in try run("halt") }
        report.worsen(report.errors.isEmpty ? .already : .failed)
    }

    func keep(_ report: inout HaltReport) {
        report.notes.append("'\(script)' decides what becomes of mail that is queued")
    }

    func reopen(_ report: inout HaltReport) throws(HaltError) {
        try run("resume")
        guard try !isHalted() else {
            throw HaltError(
                code: .failed,
                operation: "resume mail by",
                path: script,
                reason: "it says that mail is still halted"
            )
        }
        report.worsen(.restored)
    }

    /// The script does that with the resume.
    func giveBack(_ report: inout HaltReport) {}
    func wake(_ report: inout HaltReport) {}

    /// Nothing is ever held by us, so there is nothing to give back.
    func release(_ selection: HeldSelection) -> HaltReport { answer(.release) }
    func held(limit: Int) -> HaltReport { answer(.held) }
    func posts(list: String?) -> HaltReport { answer(.heldPosts) }
    func saved(_ post: String) -> [QueueID] { [] }
    func hold(_ ids: [QueueID], for list: String?) -> HaltReport {
        cannot(.holdIDs, "hold single messages")
    }
    func hold(senders: [SenderPattern], for list: String) -> HaltReport {
        cannot(.holdList, "hold one list's mail by its senders")
    }
    func discard(_ selection: HeldSelection) -> HaltReport {
        cannot(.discard, "discard held mail")
    }
    func restore(_ ids: [QueueID]) -> HaltReport {
        cannot(.restore, "bring discarded mail back")
    }

    private func cannot(_ verb: ActuatorRequest.Verb, _ what: String) -> HaltReport {
        answer(verb) { report in
            report.errors.append("cannot \(what): '\(script)' only halts and resumes")
        }
    }

    private func isHalted() throws(HaltError) -> Bool {
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

    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        report.services = [script]
        let answer = report.attempt { _ throws(HaltError) in try isHalted() }
        report.isRunning = answer != nil
        report.isHalted = isWished && answer == true
        if isWished, answer == false, report.verb == .asked(.status) {
            report.changed.append("'\(script)' says that mail flows")
        }
    }
}
