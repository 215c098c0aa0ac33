// SPDX-License-Identifier: Apache-2.0
//
// What has to be known of Sendmail, read from its sendmail.cf: where the queue is, and the access
// map by which deliveries that run already can be reached. Reading is pure; nothing is guessed: a
// configuration without that map cannot be halted, and says so.

internal import Glibc
internal import HaltWire

/// One Sendmail and its files.
struct SendmailSite: Equatable {
    /// For example `/usr/sbin/sendmail-mta`.
    var program = ""
    /// Its makemap(8).
    var makemap = Self.makemap
    /// What both of them read.
    var configuration = Self.configuration
    /// Directories of the queue; the last part may end in `*`.
    var queues: [String] = []
    /// The access map without `.db`; empty when there is none that is asked for each recipient.
    var access = ""
    /// `hash` or `btree`.
    var accessClass = ""
    /// For example `/run/sendmail/mta/sendmail.pid`; its second line is the daemon's command.
    var pidFile = "/var/run/sendmail.pid"

    /// Where Debian and Fedora have what is Sendmail's own, and nobody else's.
    static let programs = ["/usr/sbin/sendmail-mta", "/usr/sbin/sendmail.sendmail"]
    static let makemap = "/usr/sbin/makemap"
    static let configuration = "/etc/mail/sendmail.cf"
    static let names: Set<String> = ["sendmail", "sendmail-mta", "sendmail.sendma"]

    /// Reads the configuration of the Sendmail that is installed.
    ///
    /// - Throws: ``HaltError`` when there is none, or it has no map that could halt it.
    static func find() throws(HaltError) -> SendmailSite {
        guard let program = programs.first(where: { unsafe Glibc.access($0, X_OK) == 0 }) else {
            throw missing(programs[0], "Sendmail is not installed")
        }
        guard let text = try StateFile.read(configuration) else {
            throw missing(configuration, "there is no such file")
        }
        var site = SendmailSite(text)
        site.program = program
        guard !site.access.isEmpty else {
            throw missing(
                configuration,
                "it asks no access map for each recipient; FEATURE(`access_db') adds that"
            )
        }
        if site.queues.isEmpty { site.queues = ["/var/spool/mqueue"] }
        return site
    }

    private static func missing(_ path: String, _ reason: String) -> HaltError {
        HaltError(code: .missing, operation: "halt mail by", path: path, reason: reason)
    }

    init() {}

    /// What a sendmail.cf says.
    init(_ configuration: [UInt8]) {
        var isAsked = false
        var map: (name: String, type: String)?
        for bytes in configuration.split(separator: 0x0a) {
            let line = String(decoding: bytes, as: UTF8.self)
            if line.hasPrefix("Kaccess") {
                map = Self.map(line)
            } else if line.hasPrefix("R"), line.contains("<! \"TLS_Rcpt\">") {
                isAsked = true
            } else if let value = Self.option("QueueDirectory", line) {
                queues.insert(value, at: 0)
            } else if let value = Self.option("PidFile", line) {
                pidFile = value
            } else if line.hasPrefix("Q"), let place = line.firstRange(of: "P=/") {
                let path = line[place.lowerBound...].dropFirst(2).prefix { $0 != "," && $0 != " " }
                queues.append(String(path))
            }
        }
        if isAsked, let map { (access, accessClass) = map }
    }

    /// `Kaccess hash -T<TMPF> -o /etc/mail/access`.
    private static func map(_ line: String) -> (String, String)? {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard words.count >= 3, words[0] == "Kaccess", words[1] == "hash" || words[1] == "btree",
            let file = words.last, file.hasPrefix("/")
        else { return nil }
        let path = file.hasSuffix(".db") ? file.dropLast(3) : file
        return (String(path), String(words[1]))
    }

    /// The value of `O Name=value`.
    private static func option(_ name: String, _ line: String) -> String? {
        let start = "O \(name)="
        guard line.hasPrefix(start) else { return nil }
        let value = line.dropFirst(start.count).prefix { $0 != " " && $0 != "\t" }
        return value.isEmpty ? nil : String(value)
    }
}
