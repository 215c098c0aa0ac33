// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: does this host hear its fleet, and will it tomorrow. Nothing is said of a host without one.

internal import Control
internal import Fleet
internal import FleetLink
internal import Reports
internal import Words

/// The fleet, as this host sees it.
struct FleetExam {
    /// Days before its end at which a certificate is told of; chosen: two weeks are enough for a new one.
    static let leastDays = 14
    private static let openssl = "/usr/bin/openssl"

    let control: ControlOptions
    /// Where the settings of the fleet are.
    let path: String

    /// What was found.
    var findings: [Finding] {
        do throws(LinkError) {
            guard let settings = try FleetFile.read(path) else { return [] }
            return certificate(settings) + daemon(settings)
        } catch {
            return [.problem("fleet", error.description, fix: "man 8 listbreaker-fleetd")]
        }
    }

    private func daemon(_ settings: FleetSettings) -> [Finding] {
        do {
            let status = try control.report(ControlRequest(.fleet), as: FleetStatus.self).report
            return Self.findings(of: status, as: settings.host)
        } catch {
            let text = (error as? Failure)?.message ?? "\(error)"
            return [.problem("fleet", text, fix: "systemctl status listbreakerd")]
        }
    }

    /// What the daemon's word means for the host that the settings call `host`.
    static func findings(of status: FleetStatus, as host: String) -> [Finding] {
        guard status.host == host else {
            let text =
                status.host.map {
                    "the daemon is in a fleet as \($0), and the settings say \(host)"
                }
                ?? "the daemon takes no part in the fleet that is set up"
            return [.problem("fleet", text, fix: "systemctl restart listbreakerd")]
        }
        let fix = "journalctl -u listbreaker-fleetd -n 20"
        var findings = status.brokers.filter { !$0.isConnected || $0.trouble != nil }.map {
            broker in
            Finding.warning(
                "broker",
                "\(broker.name): \(broker.trouble ?? "not connected")",
                fix: fix
            )
        }
        if let alone = status.alone {
            findings.append(
                .problem("fleet", "this host is alone: \(alone)", fix: fix)
            )
        }
        findings += (status.judge?.clocks ?? []).map { .warning("clock", $0) }
        if let lost = status.judge?.lost, lost > 0 {
            findings.append(.warning("judge", FleetStatus.words(ofLost: lost)))
        }
        if status.alone == nil, status.judges?.isEmpty == true {
            findings.append(
                .warning(
                    "fleet",
                    "no judge in this fleet: a storm that is dealt over hosts trips each of them by itself, "
                        + "and late",
                    fix: "Judge=yes in fleet.conf of two hosts; see listbreaker-fleetd(8)"
                )
            )
        }
        guard findings.isEmpty else { return findings }
        let judge = status.judge.map { "; it judges what \($0.hosts.counting("host")) see" } ?? ""
        return [
            .ok(
                "fleet",
                "\(host) hears \(status.brokers.count.counting("broker")) and "
                    + "\(status.hosts.count.counting("host"))\(judge)"
            )
        ]
    }

    // MARK: The certificate

    private func certificate(_ settings: FleetSettings) -> [Finding] {
        guard Tool(Self.openssl, []).exists else {
            return [.warning("certificate", "not looked at: there is no \(Self.openssl)")]
        }
        do {
            let file = settings.certificate
            let name = try Self.ask(
                "x509",
                "-in",
                file,
                "-noout",
                "-subject",
                "-nameopt",
                "multiline"
            )
            guard name.status == 0 else {
                return [.problem("certificate", "'\(file)': \(name.complaint)")]
            }
            let end = try Self.ask("x509", "-in", file, "-noout", "-enddate")
            let isLasting = try Self.ask(
                "x509",
                "-in",
                file,
                "-noout",
                "-checkend",
                "\(Self.leastDays * 86_400)"
            )
            let chain = try Self.ask("verify", "-CAfile", settings.authority, file)
            return Self.findings(
                subject: name.text,
                end: end.text,
                isLasting: isLasting.status == 0,
                doubt: chain.status == 0 ? nil : chain.complaint,
                settings
            )
        } catch {
            return [.warning("certificate", (error as? Failure)?.message ?? "\(error)")]
        }
    }

    private static func ask(_ words: String...) throws -> Tool.Outcome {
        try Tool(openssl, words).run()
    }

    /// What openssl's words mean: whose it is, when it ends, and why its authority is not ours.
    static func findings(
        subject: String,
        end: String,
        isLasting: Bool,
        doubt: String?,
        _ settings: FleetSettings
    ) -> [Finding] {
        let names = subject.split(separator: "\n").filter { $0.contains("commonName") }
            .compactMap { $0.split(separator: "=", maxSplits: 1).last?.drop { $0 == " " } }
        let day = end.split(separator: "=", maxSplits: 1).last.map(String.init) ?? end
        let anew = "listbreaker-fleet-ca host FOLDER \(settings.host), where the authority is"
        var findings: [Finding] = []
        if names != [Substring(settings.host)] {
            findings.append(
                .problem(
                    "certificate",
                    "'\(settings.certificate)' is \(names.joined(separator: ", "))'s, and this host is "
                        + "\(settings.host): brokers take nothing that it says",
                    fix: anew
                )
            )
        }
        if let doubt {
            findings.append(
                .problem(
                    "certificate",
                    "'\(settings.certificate)' is not of the authority in '\(settings.authority)', or has "
                        + "ended: \(doubt)",
                    fix: anew
                )
            )
        } else if !isLasting {
            findings.append(
                .warning("certificate", "it ends within \(leastDays) days, on \(day)", fix: anew)
            )
        }
        return findings.isEmpty
            ? [.ok("certificate", "\(settings.host)'s, until \(day)")] : findings
    }
}
