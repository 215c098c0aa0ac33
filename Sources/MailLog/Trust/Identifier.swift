// SPDX-License-Identifier: Apache-2.0
//
// From the syslog identifier to the mail system that a line claims to come from. It is the
// sender's own word: it picks the grammar, and never makes a line believed.

extension TrustSettings {
    /// What an identifier claims.
    struct Claim {
        var dialect = Dialect.none
        /// Before the first `/`.
        var instance = ByteRange.absent
        /// Behind the last `/`.
        var process = ByteRange.absent
        /// Whether a daemon of Postfix is named behind a name (`syslog_name`) that nobody configured:
        /// Postfix's, if the entry proves it.
        var isUnnamed = false
    }

    /// The mail system that `identifier` names, with its instance and process.
    @inline(__always)
    func claim(of identifier: ByteRange, in bytes: [UInt8]) -> Claim {
        let cursor = LineCursor(bytes, identifier)
        var claim = Claim(instance: cursor.rest, process: cursor.rest)
        if let slash = cursor.find(ASCII.slash) {
            claim.instance = ByteRange(start: cursor.at, end: slash)
            var last = cursor.end
            while last > slash + 1, bytes[last - 1] != ASCII.slash { last -= 1 }
            claim.process = ByteRange(start: last, end: cursor.end)
            if isPostfix(claim.instance, in: bytes) {
                claim.dialect = .postfix
                return claim
            }
            claim.isUnnamed =
                !claim.instance.isEmpty && Self.isPostfixDaemon(LineCursor(bytes, claim.process))
        }
        claim.dialect = otherDialect(LineCursor(bytes, claim.instance))
        return claim
    }

    /// Whether `name` is a program of Postfix's own; master(5), and what its commands call themselves.
    static func isPostfixDaemon(_ name: LineCursor) -> Bool {
        name.isExactly("smtpd") || name.isExactly("qmgr") || name.isExactly("cleanup")
            || name.isExactly("smtp") || name.isExactly("lmtp") || name.isExactly("local")
            || name.isExactly("pipe") || name.isExactly("virtual") || name.isExactly("bounce")
            || name.isExactly("pickup") || name.isExactly("error") || name.isExactly("postsuper")
            || name.isExactly("master") || name.isExactly("postscreen") || name.isExactly("anvil")
            || name.isExactly("discard") || name.isExactly("oqmgr") || name.isExactly("nqmgr")
            || name.isExactly("retry") || name.isExactly("relay") || name.isExactly("scache")
            || name.isExactly("tlsproxy") || name.isExactly("dnsblog") || name.isExactly("verify")
            || name.isExactly("trivial-rewrite") || name.isExactly("postfix-script")
            || name.isExactly("tlsmgr") || name.isExactly("postdrop") || name.isExactly("proxymap")
            || name.isExactly("flush") || name.isExactly("showq") || name.isExactly("postlogd")
            || name.isExactly("spawn") || name.isExactly("qmqpd")
    }

    private func isPostfix(_ name: ByteRange, in bytes: [UInt8]) -> Bool {
        let cursor = LineCursor(bytes, name)
        if cursor.isExactly("postfix") || cursor.has("postfix-") { return true }
        return instances.contains { instance in
            guard instance.count == name.count else { return false }
            for index in 0..<instance.count where bytes[cursor.at + index] != instance[index] {
                return false
            }
            return true
        }
    }

    private func otherDialect(_ name: LineCursor) -> Dialect {
        switch name.next {
        case UInt8(ascii: "e"):
            if name.isExactly("exim") || name.isExactly("exim4") { return .exim }
        case UInt8(ascii: "s"):
            if name.isExactly("smtpd") { return .opensmtpd }
            if name.isExactly("sendmail") || name.has("sm-") { return .sendmail }
            if name.isExactly("sympa") || name.has("sympa_") { return .sympa }
        case UInt8(ascii: "m"):
            if name.has("mailman") { return .mailman }
            if name.isExactly("mlmmj") || name.has("mlmmj-") { return .mlmmj }
        case UInt8(ascii: "p"):
            // The postfix(1) command itself.
            if name.isExactly("postfix") { return .postfix }
        case UInt8(ascii: "o"):
            if name.isExactly("opensmtpd") { return .opensmtpd }
        case UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "t"):
            let isSympa =
                name.isExactly("bulk") || name.isExactly("archived") || name.isExactly("bounced")
                || name.isExactly("task_manager")
            if isSympa { return .sympa }
        default: break
        }
        return .none
    }
}
