// SPDX-License-Identifier: Apache-2.0
//
// `audit`: what would make a storm on any list of this host worse.

internal import Breaker
internal import Reports
internal import Words

/// The holes of the host.
struct HostHoles {
    let report: AuditReport
    let configDirectory: String?

    /// What was found.
    var findings: [Finding] {
        var findings: [Finding] = []
        if report.mode != .known(.armed) {
            findings.append(
                .problem("mode", "observe: a trip halts nothing", fix: "listbreaker arm")
            )
        }
        if report.targets.isEmpty {
            findings.append(
                .problem(
                    "paging",
                    "nobody would be told of a storm: no alert target is configured",
                    fix: "man listbreaker-alerts; then listbreaker page --test"
                )
            )
        }
        let mute = report.lists.filter { $0.posts > 0 && !$0.showsReplies }
        if let fix = headerFix, !mute.isEmpty {
            findings.append(
                .warning(
                    "headers",
                    "the log does not show which posts are answers, of \(mute.count.counting("list")) "
                        + "here: a storm is seen some posts later",
                    fix: fix
                )
            )
        }
        if let narrowing { findings.append(narrowing) }
        return findings
    }

    /// Nil where there is no Postfix, or its headers are logged already.
    private var headerFix: String? {
        guard let logging = try? HeaderLogging(directory: configDirectory),
            (try? logging.standing()) == .absent
        else { return nil }
        return MailExam.apply(logging)
    }

    /// Whether a trip can be kept to the list.
    private var narrowing: Finding? {
        guard report.lists.contains(where: { $0.scope == .known(.queue) }),
            let setup = try? ListBlockSetup(.narrow, directory: configDirectory),
            (try? setup.standing()) == .absent
        else { return nil }
        return .warning(
            "reach",
            "a trip of one list halts everybody's outbound mail: Postfix is not set up to stop one "
                + "list's alone",
            fix: FurtherExam.apply(setup)
        )
    }
}
