// SPDX-License-Identifier: Apache-2.0
//
// How a fleet begins, and how a host joins it. The keys are made by listbreaker-fleet-ca, by openssl(1), where
// the authority is; a host gets its own and no other. Nothing is put in its place before all of it was
// looked at: a host that joins with a wrong certificate would be alone, and learn it in a storm.

internal import ArgumentParser
internal import Control
internal import Fleet
internal import Glibc
internal import Words

/// `listbreaker fleet init FOLDER`: the authority, and certificates.
struct FleetInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the authority of a fleet, and certificates by it.",
        discussion: """
            By listbreaker-fleet-ca, into a folder that belongs on none of the mail hosts: its ca.key \
            speaks for everybody. What is there already stays; more names may be added later.
            """
    )

    @Argument(help: "The folder.", completion: .directory)
    var folder: String

    @Option(help: ArgumentHelp("A broker, as hosts connect to it.", valueName: "name"))
    var broker: [String] = []

    @Option(help: ArgumentHelp("A mail host, by its name in the fleet.", valueName: "name"))
    var host: [String] = []

    @Option(help: ArgumentHelp("One of these hosts that is to judge.", valueName: "name"))
    var judge: [String] = []

    @Option(
        name: .customLong("operator"),
        help: ArgumentHelp("A person who may reset the fleet.", valueName: "name")
    )
    var operators: [String] = []

    func run() throws {
        if try TextFile.read("\(folder)/ca.pem") == nil { try make("init") }
        for (verb, kind, names) in [
            ("broker", "brokers", broker), ("host", "hosts", host),
            ("operator", "operators", operators),
        ] {
            for name in names where try TextFile.read("\(folder)/\(kind)/\(name).pem") == nil {
                try make(verb, name)
            }
        }
        let acl = try TextFile.read("\(folder)/listbreaker.acl") ?? []
        let lines = String(decoding: acl, as: UTF8.self).split(separator: "\n")
        for name in judge where !lines.contains("user \(name)") { try make("judge", name) }
    }

    private func make(_ verb: String, _ name: String? = nil) throws {
        let tool = Tool(
            try FleetOptions.path(of: "listbreaker-fleet-ca"),
            [verb, folder] + (name.map { [$0] } ?? [])
        )
        let outcome = try tool.run()
        guard outcome.status == 0 else {
            throw Failure(code: outcome.status, message: outcome.complaint)
        }
        print(shownLines(outcome.text))
    }
}

/// `listbreaker fleet join HOST`: this host's certificate, key and settings into their places.
struct FleetJoinCommand: ParsableCommand {
    private static let openssl = "/usr/bin/openssl"

    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Let this host join a fleet.",
        discussion: """
            Looks at what listbreaker-fleet-ca made for this host, copies ca.pem, the certificate and the \
            key, which is then for the carrier's user alone, and writes fleet.conf. What is there already \
            is not replaced.
            """
    )

    @Argument(help: "This host's name in the fleet.")
    var host: String

    @Option(help: ArgumentHelp("Where ca.pem, HOST.pem and HOST.key lie.", valueName: "folder"))
    var from: String

    @Option(help: ArgumentHelp("A broker, one to three: HOST or HOST:PORT.", valueName: "broker"))
    var broker: [String]

    @Option(
        help: ArgumentHelp("A domain whose lists others may have held here.", valueName: "domain")
    )
    var domain: [String]

    @Flag(help: "This host judges what all see.")
    var judge = false

    @Option(help: ArgumentHelp("Where they are put.", valueName: "folder"))
    var into = "/etc/listbreaker/fleet"

    @Option(help: ArgumentHelp("The carrier's user.", valueName: "name"))
    var user = "_listbreaker-fleet"

    @Option(help: ArgumentHelp("The settings of the fleet.", valueName: "file"))
    var fleetSettings = FleetSettings.path

    func run() throws {
        let settings = try checked()
        try look()
        if unsafe mkdir(into, 0o755) != 0, errno != EEXIST {
            throw TextFile.failure("make", into, errno)
        }
        for (name, target, mode) in [
            ("ca.pem", "ca.pem", 0o644), ("\(host).pem", "host.pem", 0o644),
            ("\(host).key", "host.key", 0o600),
        ] as [(String, String, UInt32)] {
            guard let bytes = try TextFile.read("\(from)/\(name)") else { throw missing(name) }
            try TextFile.put(bytes, into: "\(into)/\(target)", mode: mode)
        }
        let owned = try Tool("/usr/bin/chown", ["--", user, "\(into)/host.key"]).run()
        guard owned.status == 0 else {
            throw Failure(code: ControlCode.failed, message: owned.complaint)
        }
        try TextFile.put(settings, into: fleetSettings)
        print(
            """
            this host is \(host) in the fleet. Next:
              systemctl restart listbreakerd
              systemctl enable --now listbreaker-fleetd
              listbreaker doctor
            '\(shown(from))/\(host).key' is a copy of the key: remove it
            """
        )
    }

    /// The text of fleet.conf, which was read back; throws ``Failure`` where something is there, or wrong.
    private func checked() throws -> String {
        for path in [fleetSettings, "\(into)/host.key"] where try TextFile.read(path) != nil {
            throw Failure(
                code: ControlCode.failed,
                message: "'\(shown(path))' is there already; move it away to join anew"
            )
        }
        let text = """
            [Fleet]
            Host=\(host)
            Domains=\(domain.joined(separator: " "))
            Brokers=\(broker.joined(separator: " "))
            Authority=\(into)/ca.pem
            Certificate=\(into)/host.pem
            Key=\(into)/host.key
            User=\(user)
            \(judge ? "Judge=yes\n" : "")
            """
        do throws(FleetSettingsError) { _ = try FleetSettings(text) } catch {
            throw Failure(code: ControlCode.usage, message: shownLines(error.description))
        }
        return text
    }

    /// Whether certificate, key and authority belong together, and to this host, and somebody may have the key.
    private func look() throws {
        guard try Tool("/usr/bin/id", ["-u", "--", user]).run().status == 0 else {
            throw wrong("there is no user '\(shown(user))': install the package listbreaker-fleet")
        }
        let (certificate, key) = ("\(from)/\(host).pem", "\(from)/\(host).key")
        for name in ["ca.pem", "\(host).pem", "\(host).key"] {
            guard try TextFile.read("\(from)/\(name)") != nil else { throw missing(name) }
        }
        let chain = try ask(["verify", "-CAfile", "\(from)/ca.pem", certificate])
        guard chain.status == 0 else {
            throw wrong(
                "'\(shown(certificate))' is not of the authority '\(shown(from))/ca.pem': \(chain.complaint)"
            )
        }
        let name = try ask([
            "x509", "-in", certificate, "-noout", "-subject", "-nameopt", "multiline",
        ]).text
        let names = name.split(separator: "\n").filter { $0.contains("commonName") }
            .compactMap { $0.split(separator: "=", maxSplits: 1).last?.drop { $0 == " " } }
        guard names == [Substring(host)] else {
            throw wrong(
                "'\(shown(certificate))' is not \(host)'s"
            )
        }
        let asked = try ask(["x509", "-in", certificate, "-noout", "-pubkey"])
        let made = try ask(["pkey", "-in", key, "-pubout"])
        guard asked.status == 0, made.status == 0, asked.output == made.output else {
            throw wrong("'\(shown(key))' is not the key of '\(shown(certificate))'")
        }
    }

    private func ask(_ words: [String]) throws -> Tool.Outcome {
        try Tool(Self.openssl, words).run()
    }

    private func missing(_ name: String) -> Failure {
        wrong("'\(shown(from))/\(shown(name))' is not there; it is made by: listbreaker fleet init")
    }

    private func wrong(_ text: String) -> Failure {
        Failure(code: ControlCode.failed, message: text)
    }
}
