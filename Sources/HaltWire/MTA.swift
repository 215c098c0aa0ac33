// SPDX-License-Identifier: Apache-2.0
//
// The mail servers that the actuator can halt, by the names that `MTA=` and its reports give them.

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
