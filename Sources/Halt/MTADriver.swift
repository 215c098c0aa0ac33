// SPDX-License-Identifier: Apache-2.0
//
// What every mail server's driver can be asked. The verbs are those of ActuatorRequest, and each
// one may be killed anywhere and repeated. A driver reports how things stand; it never says
// "halted" because a command exited 0.

/// A mail server that can be halted.
public enum MTA: String, Sendable, Codable, CaseIterable {
    /// Postfix, every instance of the host.
    case postfix
    /// Exim 4.
    case exim
    /// OpenSMTPD.
    case opensmtpd
    /// Sendmail 8.
    case sendmail
    /// Anything else, by a script of the site.
    case exec
}

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
    /// Gives back up to `limit` of our messages, the oldest first; of `ids` only, when given.
    func release(limit: Int?, only ids: Set<QueueID>?) -> HaltReport
    /// Holds exactly `ids`.
    func hold(_ ids: [QueueID]) -> HaltReport
    /// Lists up to `limit` of our messages, the oldest first.
    func held(limit: Int) -> HaltReport
    /// Saves the held messages `ids` with their envelopes, then deletes them.
    func discard(_ ids: Set<QueueID>) -> HaltReport
    /// Sends the saved messages `ids` again.
    func restore(_ ids: [QueueID]) -> HaltReport
    /// How things stand; touches nothing.
    func status() -> HaltReport
    /// What is due before the mail server starts.
    func assertAtBoot() -> HaltReport
}

extension PostfixDriver: MTADriver {
    var mta: MTA { .postfix }
}
