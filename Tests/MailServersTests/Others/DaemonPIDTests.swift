// SPDX-License-Identifier: Apache-2.0
//
// A mail server of which it cannot be told whether it runs: that is an error and no stopped one, with Exim,
// Sendmail and OpenSMTPD as with Postfix.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized) struct DaemonPIDTests {
    /// Exim's answers about a spool below `path`.
    private func exim(_ path: String) -> String {
        """
        #!/bin/sh
        case "$1 $2" in
        -bV*) echo "Configuration file is \(path)/exim.conf" ;;
        "-bP spool_directory") echo "spool_directory = \(path)/spool" ;;
        -bP*) echo "$2 = " ;;
        esac

        """
    }

    /// `body` starts with no pid file, and is asked again as `file` becomes what cannot be told from.
    private func pretend(_ file: String, _ look: () throws -> HaltReport) throws {
        let name = String(file.split(separator: "/").last ?? "")
        let none = try look()
        #expect(!none.isRunning && !none.errors.contains { $0.contains(name) }, "\(none)")
        for content in ["x\n", "1\n", "-7\n"] {
            try StateFile.replace(file, with: Array(content.utf8))
            let odd = try look()
            #expect(odd.isRunning && odd.errors.contains { $0.contains(name) }, "\(odd)")
        }
        // An ended one: no process has a number beyond the kernel's limit of 4,194,304.
        try StateFile.replace(file, with: Array("4194305\n".utf8))
        #expect(try !look().isRunning)
        try StateFile.remove(file)
        // Root reads whatever it may; by a folder in its place, as by a damaged disk.
        try StateFile.makeDirectory(file)
        let blind = try look()
        #expect(blind.isRunning && blind.errors.contains { $0.contains(name) }, "\(blind)")
    }

    @Test func `Exim: a pid file that cannot be told from is said`() throws {
        let scratch = try Scratch()
        let path = scratch.path
        for name in ["spool", "spool/input", "state"] {
            try StateFile.makeDirectory("\(path)/\(name)")
        }
        try scratch.write("exim", exim(path), mode: 0o755)
        try scratch.write("exim.conf", "begin routers\n")
        let site = try EximSite(program: "\(path)/exim")
        #expect(site.pidFile == "\(path)/spool/exim-daemon.pid")
        let driver = EximDriver(site: site, state: "\(path)/state/exim")
        try pretend(site.pidFile) { driver.status() }
    }

    @Test func `Sendmail: a pid file that cannot be told from is said`() throws {
        let scratch = try Scratch()
        let path = scratch.path
        for name in ["queue", "state"] { try StateFile.makeDirectory("\(path)/\(name)") }
        var site = SendmailSite()
        (site.program, site.pidFile) = ("/bin/false", "\(path)/sendmail.pid")
        (site.access, site.accessClass) = ("\(path)/access", "hash")
        site.queues = ["\(path)/queue"]
        let driver = SendmailDriver(site: site, state: "\(path)/state/sendmail")
        try pretend(site.pidFile) { driver.status() }
    }

    @Test(.enabled(if: unsafe access("/usr/sbin/smtpctl", F_OK) != 0, "there is a smtpd here"))
    func `OpenSMTPD: one that runs and does not answer is not halted`() throws {
        let scratch = try Scratch()
        try StateFile.makeDirectory("\(scratch.path)/queue")
        try StateFile.makeDirectory("\(scratch.path)/state")
        let driver = SmtpdDriver(
            spool: SmtpdSpool(path: "\(scratch.path)/queue"),
            state: "\(scratch.path)/state/opensmtpd"
        )
        #expect(driver.halt().isHalted, "none runs: what stands holds at its start")
        _ = try Program("/bin/cp", ["/bin/sleep", "\(scratch.path)/smtpd"]).check(
            deadline: .seconds(5)
        )
        let smtpd = try spawn("\(scratch.path)/smtpd", ["60"])
        defer {
            kill(smtpd, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(smtpd, &status, 0)
        }
        let report = driver.status()
        #expect(!report.isHalted && report.isRunning, "\(report)")
        #expect(report.errors.contains { $0.contains("smtpctl") }, "\(report)")
    }
}
