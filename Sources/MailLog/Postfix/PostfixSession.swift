// SPDX-License-Identifier: Apache-2.0
//
// Postfix lines that carry no message: sessions, warnings, statistics, postscreen, TLS, start and
// reload. They are named and their peer is shown; only starts, reloads and sessions mean something
// to the engine.

/// Lines without a queue id, and asides with one.
enum PostfixSession {
    /// Reads a line that begins with a daemon's own words; false when none fit.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        switch cursor.next {
        case UInt8(ascii: "c"):
            if cursor.take("connect from ") {
                return session(.connect, &cursor, into: &event)
            }
        case UInt8(ascii: "d"):
            if cursor.take("disconnect from ") {
                return session(.disconnect, &cursor, into: &event)
            }
            if cursor.has("daemon started -- ") { return started(&event) }
        case UInt8(ascii: "r"):
            if cursor.has("reload -- ") { return started(&event) }
        case UInt8(ascii: "s"):
            if cursor.take("statistics: ") {
                readStatistics(&cursor, into: &event)
                return true
            }
        case UInt8(ascii: "w"), UInt8(ascii: "e"), UInt8(ascii: "f"), UInt8(ascii: "p"):
            let isLevel =
                cursor.take("warning: ") || cursor.take("error: ") || cursor.take("fatal: ")
                || cursor.take("panic: ")
            if isLevel {
                PostfixWarning.read(&cursor, into: &event)
                return true
            }
        default: break
        }
        return readPostscreen(&cursor, into: &event) || readSystem(&cursor, into: &event)
    }

    /// What else stands behind a queue id, or at the start of a line.
    static func readAside(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if readRelay(&cursor, into: &event) || readClientAside(&cursor, into: &event) { return }
        if cursor.has("resent-message-id=") {
            event.reason = "resent message id"
        } else if cursor.has("skipped, still being delivered") {
            event.reason = "still being delivered"
        } else if cursor.has("discarding EHLO keywords: ") {
            event.reason = "within a session"
        } else if cursor.has("Cannot start TLS: ") || cursor.has("TLS is required, but ")
            || cursor.has("Server certificate not ") || cursor.has("Host offered STARTTLS: ")
            || cursor.has("breaking line > ") || cursor.has("initializing the ")
        {
            event.reason = "a conversation with a relay"
        } else if cursor.has("passing <") {
            event.reason = "given to another transport"
        } else if !event.process.isEmpty,
            !TrustSettings.isPostfixDaemon(LineCursor(cursor.bytes, event.process))
        {
            // A policy server that spawn(8) runs calls itself postfix/policy-spf.
            event.reason = "a program beside Postfix"
        } else {
            event.setNotUnderstood("unknown line")
        }
    }

    private static func session(
        _ name: LineName,
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        guard let peer = cursor.takePeer() else { return false }
        event.kind = .session
        event.name = name
        event.host = peer.host
        event.address = peer.address
        return true
    }

    private static func started(_ event: inout MailEvent) -> Bool {
        event.kind = .started
        event.reason = "started or reloaded"
        return true
    }

    /// `max connection rate 1/60s for (smtpd:192.0.2.1) at ...`.
    private static func readStatistics(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.name = .statistics
        event.reason = "statistics"
        guard let mark = cursor.find(" for (", from: cursor.at),
            let stop = cursor.find(ASCII.close, from: mark)
        else { return }
        // `service:address`; the service may be `127.0.0.1:2525`, the address IPv6.
        var words = cursor
        words.at = mark + 6
        words.end = stop
        if let second = words.findLast(":", before: words.end) {
            let tail = words.addressRange(second + 1, stop)
            if !tail.isEmpty, words.find(ASCII.dot, from: second) != nil {
                event.address = tail
            } else if let first = words.find(ASCII.colon) {
                event.address = words.addressRange(first + 1, stop)
            }
        }
    }

    /// postscreen, dnsblog and tlsproxy: capital words, then `[ip]:port`.
    private static func readPostscreen(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        if cursor.take("addr ") {
            let address = cursor.take(while: ASCII.isAddress)
            guard cursor.has(" listed by domain ") else { return false }
            event.address = cursor.addressRange(Int(address.start), Int(address.end))
            event.reason = "a blocklist's answer"
            return true
        }
        guard cursor.next &- 0x41 < 26 else { return false }
        let isPostscreen = LineCursor(cursor.bytes, event.process).isExactly("postscreen")
        var words = cursor
        let isConnect = words.take("CONNECT from ")
        let isDisconnect = !isConnect && words.take("DISCONNECT ")
        if !isConnect && !isDisconnect {
            guard isTest(&words) else { return false }
        }
        guard words.next == ASCII.bracket, let peer = words.takePeer() else { return false }
        event.address = peer.address
        event.reason = "a connection before the mail server"
        if isPostscreen, isConnect || isDisconnect {
            event.kind = .session
            event.name = isConnect ? .connect : .disconnect
        }
        return true
    }

    /// `PASS NEW `, `PREGREET 14 after 0.4 from `, `COMMAND TIME LIMIT from ` and so on: capital
    /// words and figures up to the bracket.
    private static func isTest(_ words: inout LineCursor) -> Bool {
        let known =
            words.has("PASS ") || words.has("WHITELIST") || words.has("ALLOWLIST")
            || words.has("BLACKLIST") || words.has("DENYLIST") || words.has("DNSBL rank ")
            || words.has("HANGUP after ") || words.has("PREGREET ") || words.has("COMMAND ")
            || words.has("NON-SMTP COMMAND from ") || words.has("BARE NEWLINE from ")
        guard known, let mark = words.find(ASCII.bracket) else { return false }
        words.at = mark
        return true
    }

    /// Words of master, postsuper, postfix-script and the tables.
    private static func readSystem(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool
    {
        let process = LineCursor(cursor.bytes, event.process)
        if process.isExactly("master") || process.isExactly("postfix-script") {
            event.reason = "start and stop"
            if cursor.has("terminating on signal") { event.aside = .stop }
        } else if process.isExactly("postsuper") {
            event.reason = "totals"
        } else if cursor.has("table ") || cursor.has("cache ") {
            event.reason = "tables"
        } else {
            return false
        }
        return true
    }

    /// Lines about a server that we talk to.
    private static func readRelay(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        var words = cursor
        let isReply = words.take("host ") || words.take("SASL authentication failed; server ")
        let isKnown =
            isReply || words.take("connect to ") || words.take("lost connection with ")
            || words.take("conversation with ") || words.take("SSL_connect error to ")
            || words.take("certificate verification failed for ")
            || words.take("server certificate verification failed for ")
            || words.take("setting up TLS connection to ")
            || takeBefore(" TLS connection established to ", &words)
            || takeBefore(" TLS connection reused to ", &words)
            || (words.has("enabling PIX workarounds: ") && takeBefore(" for ", &words))
        guard isKnown, let peer = words.takePeer() else { return false }
        event.host = peer.host
        event.address = peer.address
        event.port = peer.port
        event.isRelay = true
        event.reason = "a conversation with a relay"
        if isReply { readReply(&words, into: &event) }
        return true
    }

    /// `said: TEXT (in reply to CMD command)`.
    private static func readReply(_ words: inout LineCursor, into event: inout MailEvent) {
        guard words.take(" said: ") || words.take(" refused to talk to me: ") else { return }
        var stop = words.end
        if words.ends(in: ")"), let mark = words.findLast(" (in reply to ", before: words.end) {
            stop = mark
        }
        event.text = ByteRange(start: words.at, end: stop)
    }

    /// Lines about a client, after the session began.
    private static func readClientAside(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        var words = cursor
        let isAfter =
            words.has("lost connection after ") || words.has("timeout after ")
            || words.has("too many errors after ") || words.has("bare <LF> received after ")
            || words.has("improper command pipelining after ")
            || words.has("abnormal disconnect after ")
        let isKnown =
            isAfter && takeBefore(" from ", &words)
            || words.take("SSL_accept error from ")
            || words.take("setting up TLS connection from ")
            || takeBefore(" TLS connection established from ", &words)
        guard isKnown, let peer = words.takePeer() else { return false }
        event.host = peer.host
        event.address = peer.address
        event.kind = .session
        event.reason = "within a session"
        return true
    }

    /// Takes everything up to the first `literal`, and it.
    private static func takeBefore(_ literal: StaticString, _ words: inout LineCursor) -> Bool {
        guard let mark = words.find(literal, from: words.at) else { return false }
        words.at = mark + literal.utf8CodeUnitCount
        return true
    }
}
