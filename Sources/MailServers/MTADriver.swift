// SPDX-License-Identifier: Apache-2.0
//
// What every mail server's driver can be asked, and the course of each command as far as it is the
// same for all: the wish, the order of resuming, and the look at the end. Each verb may be killed
// anywhere and repeated. A driver reports how things stand; it never says "halted" because a command
// exited 0.

internal import HaltWire

/// Halts and resumes one kind of mail server.
protocol MTADriver {
    /// Which one it is.
    var mta: MTA { get }
    /// The directory that the marker is in.
    var parent: String { get }

    // The steps in which mail servers differ. What fails is noted, and keeps no other step from
    // being done.

    /// Lets nothing new start, holds what is queued, and installs what holds at the next start.
    func halt(_ report: inout HaltReport)
    /// Makes sure that all of it still stands, and holds what was newly deferred.
    func rehold(_ report: inout HaltReport)
    /// What is due before the mail server starts, when mail is halted.
    func assertAtBoot(_ report: inout HaltReport)
    /// Before opening: holds what would leave as soon as that is done; held mail is kept.
    func keep(_ report: inout HaltReport)
    /// Takes all of it away.
    func reopen(_ report: inout HaltReport) throws(HaltError)
    /// Whether held mail is given back before ``reopen(_:)``.
    var givesBackFirst: Bool { get }
    /// Gives back what is held for no list.
    func giveBack(_ report: inout HaltReport)
    /// Lets the mail server try now what was given back; what other hosts put off keeps its time.
    func wake(_ report: inout HaltReport)
    /// Fills in how things stand now.
    func look(_ report: inout HaltReport)

    // The commands about mail.

    /// Gives `selection` back, the oldest messages first.
    func release(_ selection: HeldSelection) -> HaltReport
    /// Marks held messages of a list that is on hold, so that they may go although it is.
    func pass(_ selection: HeldSelection) -> HaltReport
    /// Holds exactly `ids`, for `list` or for none.
    func hold(_ ids: [QueueID], for list: String?) -> HaltReport
    /// Holds, for `list`, what is queued from `senders`; what is ours already becomes the list's.
    func hold(senders: [SenderPattern], for list: String) -> HaltReport
    /// Lists up to `limit` of our messages, the oldest first.
    func held(limit: Int) -> HaltReport
    /// Our held messages by post; of `list` alone when given.
    func posts(list: String?) -> HaltReport
    /// Saves the messages of `selection` with their envelopes, then deletes them.
    func discard(_ selection: HeldSelection) -> HaltReport
    /// Queue IDs of the saved messages of `post`: a Message-ID, or one of the IDs.
    func saved(_ post: String) -> [QueueID]
    /// Sends the saved messages `ids` again.
    func restore(_ ids: [QueueID]) -> HaltReport
    /// The saved messages by post; of `post` alone when given.
    func savedPosts(_ post: String?) -> HaltReport
    /// Deletes what was saved before that second since 1970.
    func prune(before: Int64) -> HaltReport
    /// Lets the mail server itself hold what comes for `lists`, and for no other list.
    func block(_ lists: [BlockedList]) -> HaltReport
    /// The same, where it stops the whole of their mail at once; an error where it cannot.
    func narrow(_ lists: [BlockedList]) -> HaltReport
    /// Directories that a halt must be able to change.
    var changed: [String] { get }
    /// What is due before the mail server is stopped; returns the deliveries still under way.
    func calm() -> Int
}

extension MTADriver {
    var givesBackFirst: Bool { false }

    /// None where nothing is ever saved.
    func savedPosts(_ post: String?) -> HaltReport { answer(.savedPosts) }

    /// The same.
    func prune(before: Int64) -> HaltReport { answer(.prune) }

    /// Nothing to do where no such block can be set up.
    func block(_ lists: [BlockedList]) -> HaltReport { HaltReport(.blockLists) }

    func narrow(_ lists: [BlockedList]) -> HaltReport {
        answer(.narrow) { report in
            report.errors.append("cannot narrow \(mta.rawValue): only Postfix can be narrowed")
        }
    }

    /// None: what the log shows of a list on hold is held by name, and nothing is told from it.
    func pass(_ selection: HeldSelection) -> HaltReport {
        answer(.pass) { report in
            report.notes.append(
                "with \(mta.rawValue) no post leaves while its list is open; it goes at the reset"
            )
        }
    }

    var changed: [String] { [] }

    /// Nothing where a stop cuts no delivery, or nothing could be done about it.
    func calm() -> Int { 0 }

    /// A report of `verb`: what `body` does, and how things stand then.
    func answer(
        _ verb: ActuatorRequest.Verb,
        _ body: (inout HaltReport) -> Void = { _ in }
    ) -> HaltReport {
        var report = HaltReport(verb)
        body(&report)
        look(&report)
        return report
    }

    /// Whether the wish is that mail stays halted.
    func isWished(_ report: inout HaltReport) -> Bool {
        let wish = report.attempt { _ throws(HaltError) in try HaltMarker.read(state: parent) }
        return wish == .some(.halted)
    }

    func status() -> HaltReport { answer(.status) }

    func halt() -> HaltReport { answer(.halt) { halt(&$0) } }

    func rehold() -> HaltReport {
        answer(.rehold) { report in
            if isWished(&report) {
                rehold(&report)
            } else {
                report.errors.append("cannot hold again: mail is not halted; halt first")
            }
        }
    }

    func assertAtBoot() -> HaltReport {
        var report = HaltReport(verb: .assertBoot)
        if isWished(&report) { assertAtBoot(&report) }
        return report
    }

    /// Takes the halt away; held mail as `held` says.
    ///
    /// The wish is changed first, so that a reboot in the middle does not halt again. Here a step
    /// that fails keeps the others from being done: mail stays where it is.
    func resume(_ held: ActuatorRequest.Held) -> HaltReport {
        answer(.resume) { report in
            if held == .keep { keep(&report) }
            report.attempt { _ throws(HaltError) in
                if try HaltMarker.read(state: parent) != nil {
                    try HaltMarker.resuming.write(state: parent)
                }
            }
            guard report.errors.isEmpty else { return }
            if givesBackFirst, held == .release { report.step("release") { giveBack(&$0) } }
            let errors = report.errors.count
            report.step("open") { report in
                report.attempt { report throws(HaltError) in try reopen(&report) }
            }
            guard report.errors.count == errors else { return }
            if !givesBackFirst, held == .release { report.step("release") { giveBack(&$0) } }
            if report.errors.isEmpty {
                report.attempt { _ throws(HaltError) in try HaltMarker.clear(state: parent) }
            }
            wake(&report)
        }
    }
}
