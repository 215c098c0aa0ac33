// SPDX-License-Identifier: Apache-2.0
//
// What every mail server's driver can be asked. The verbs are those of ActuatorRequest, and each
// one may be killed anywhere and repeated. A driver reports how things stand; it never says
// "halted" because a command exited 0.

internal import HaltWire

/// Halts and resumes one kind of mail server.
protocol MTADriver {
    /// Which one it is.
    var mta: MTA { get }

    /// Lets nothing new start, holds what is queued, and installs what holds at the next start.
    func halt() -> HaltReport
    /// Makes sure that all of it still stands, and holds what was newly deferred.
    func rehold() -> HaltReport
    /// Takes all of it away; held mail as `held` says.
    func resume(_ held: ActuatorRequest.Held) -> HaltReport
    /// Gives `selection` back, the oldest messages first.
    func release(_ selection: HeldSelection) -> HaltReport
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
    /// How things stand; touches nothing.
    func status() -> HaltReport
    /// Lets the mail server itself hold what comes for `lists`, and for no other list.
    func block(_ lists: [BlockedList]) -> HaltReport
    /// What is due before the mail server is stopped; returns the deliveries still under way.
    func calm() -> Int
    /// What is due before the mail server starts.
    func assertAtBoot() -> HaltReport
}

extension MTADriver {
    func hold(senders: [SenderPattern], for list: String) -> HaltReport {
        cannot("hold-list", "hold one list's mail by its senders")
    }

    func posts(list: String?) -> HaltReport { cannot("held-posts", "list held mail by post") }

    func saved(_ post: String) -> [QueueID] { [] }

    /// Nothing to do where no such block can be set up.
    func block(_ lists: [BlockedList]) -> HaltReport { HaltReport(verb: "block-lists") }

    /// Nothing where a stop cuts no delivery, or nothing could be done about it.
    func calm() -> Int { 0 }

    private func cannot(_ verb: String, _ what: String) -> HaltReport {
        var report = status()
        report.verb = verb
        report.errors.append("cannot \(what): the driver of \(mta.rawValue) does not know how")
        return report
    }
}

extension PostfixDriver: MTADriver {
    var mta: MTA { .postfix }
}
