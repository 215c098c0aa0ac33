// SPDX-License-Identifier: Apache-2.0
//
// What has to be known of one Postfix instance, asked from postconf(1) and postmulti(1), never
// guessed. A configuration may change while we run, so it is asked anew for each verb; only the
// queue directory is needed before the first hold.

internal import HaltWire

/// One Postfix instance.
struct PostfixInstance: Codable, Equatable {
    /// `-`, or the name that postmulti(1) knows.
    let name: String
    /// For example `/etc/postfix`.
    let configuration: String
    /// For example `/var/spool/postfix`.
    let queue: String
    /// Its outbound services.
    let services: ClientServices
    /// Domains that are delivered on this host, where the configuration lists them by name.
    let localDomains: Set<String>
    /// Age in seconds from which mail is released by requeueing: half of the shorter lifetime.
    let oldSeconds: Int64
    /// The value of `master_service_disable` that stands before ours.
    let disabled: String

    /// Whether mail for `address` is delivered on this host; false where that cannot be told.
    func isLocal(_ address: String) -> Bool {
        guard let at = address.lastIndex(of: "@") else { return true }
        return localDomains.contains(address[address.index(after: at)...].lowercased())
    }

    /// Programs of Postfix; the same for every instance.
    static let commands = "/usr/sbin"
    /// Deadline of a question to postconf(1): 5 s.
    ///
    /// Chosen; it takes 10 ms.
    static let questionDeadline = Duration.seconds(5)

    /// Every enabled instance of this host, the primary one first.
    ///
    /// - Throws: ``HaltError`` when Postfix is missing or its configuration cannot be read.
    static func all() throws(HaltError) -> [PostfixInstance] {
        let outcome = try Program("\(commands)/postmulti", ["-l"]).check(deadline: questionDeadline)
        var found: [PostfixInstance] = []
        for line in outcome.text.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count == 4, fields[3].hasPrefix("/"), fields[0] == "-" || fields[2] == "y"
            else { continue }
            found.append(try PostfixInstance(name: String(fields[0]), at: String(fields[3])))
        }
        guard !found.isEmpty else {
            throw HaltError(
                code: .failed,
                operation: "find an instance of Postfix with",
                path: "\(commands)/postmulti",
                reason: "it lists none"
            )
        }
        return found
    }

    /// The instance with its configuration in `configuration`.
    ///
    /// - Throws: ``HaltError`` when postconf(1) fails or a value makes no sense.
    init(name: String, at configuration: String) throws(HaltError) {
        let values = try Self.parameters(
            of: configuration,
            [
                "queue_directory", "mydestination", "virtual_mailbox_domains", "content_filter",
                "default_transport", "relay_transport", "local_transport", "virtual_transport",
                "maximal_queue_lifetime", "bounce_queue_lifetime",
            ]
        )
        guard let queue = values["queue_directory"], queue.hasPrefix("/") else {
            throw HaltError(
                code: .failed,
                operation: "learn the queue directory of",
                path: configuration,
                reason: "postconf did not say"
            )
        }
        self.name = name
        self.configuration = configuration
        self.queue = queue
        let table = try Self.postconf(configuration, ["-M"])
        let overrides = try Self.postconf(configuration, ["-P", "*/*/content_filter"])
        let filters = overrides.split(separator: "\n").compactMap(Self.value)
        services = ClientServices(
            table: table,
            filters: filters + [values["content_filter"] ?? ""],
            routes: [
                "default_transport", "relay_transport", "local_transport", "virtual_transport",
            ]
            .compactMap { values[$0] }
        )
        let domains = "\(values["mydestination"] ?? "") \(values["virtual_mailbox_domains"] ?? "")"
        localDomains = Set(
            domains.split { " ,\t".contains($0) }.filter { !$0.contains(":") && !$0.contains("/") }
                .map { $0.lowercased() }
        )
        let lifetimes = ["maximal_queue_lifetime", "bounce_queue_lifetime"].compactMap {
            values[$0].flatMap(Self.seconds)
        }
        oldSeconds = (lifetimes.min() ?? 432_000) / 2
        let disabled = try Self.postconf(configuration, ["-h", "master_service_disable"])
        self.disabled = disabled.split(separator: "\n").joined(separator: " ")
    }

    /// Parameter values with `$name` expanded.
    private static func parameters(
        of configuration: String,
        _ names: [String]
    ) throws(HaltError) -> [String: String] {
        let text = try postconf(configuration, ["-x"] + names)
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            values[trimmed(parts[0])] = trimmed(parts[1])
        }
        return values
    }

    private static func postconf(
        _ configuration: String,
        _ arguments: [String]
    ) throws(HaltError) -> String {
        let program = Program("\(commands)/postconf", ["-c", configuration] + arguments)
        return try program.check(deadline: questionDeadline).text
    }

    private static func value(_ line: Substring) -> String? {
        line.firstIndex(of: "=").map { trimmed(line[line.index(after: $0)...]) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: blank).reversed().drop(while: blank).reversed())
    }

    /// Seconds of a time value of postconf(5): a number and s, m, h, d (the default here) or w.
    static func seconds(_ text: String) -> Int64? {
        let factors: [Character: Int64] = [
            "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800,
        ]
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(number.count).first ?? "d"
        guard let count = Int64(number), let factor = factors[unit] else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
