// SPDX-License-Identifier: Apache-2.0
//
// listbreakerd: the page that turns arguments into options. All else is in Daemon.

import ArgumentParser
import Daemon
import Engine

@main
struct ListbreakerDaemon: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listbreakerd",
        abstract: "Watches the mail log for mailing-list storms, halts mail and pages.",
        discussion: """
            Runs in the foreground. Asked with listbreaker(1); settings in listbreaker.conf(5). \
            SIGHUP reads the settings again; SIGTERM stops, and an open breaker stays open.
            """,
        version: Version.text
    )

    @Option(help: "Read this settings file instead of the usual ones.")
    var config = ""

    @Option(help: "Keep the state in this directory.")
    var stateDirectory = "/var/lib/listbreaker"

    @Option(help: "Listen for listbreaker(1) on this socket.")
    var controlSocket = "/run/listbreaker/control.sock"

    @Option(help: "Read the settings of the fleet from this file; without it there is no fleet.")
    var fleet = "/etc/listbreaker/fleet.conf"

    @Option(help: "Read the journal files of this directory instead of the local journal.")
    var journalDirectory = ""

    @Flag(help: "Believe entries without trusted fields: for imported journals only.")
    var believeUntrusted = false

    @Flag(help: "Page that the daemon does not run, by every target, and exit; for OnFailure=.")
    var pageFailure = false

    mutating func run() {
        var options = DaemonOptions()
        options.config = config
        options.stateDirectory = stateDirectory
        options.controlSocket = controlSocket
        options.fleet = fleet
        options.journalDirectory = journalDirectory
        options.believesUntrusted = believeUntrusted
        guard pageFailure else { Watch(options: options).runToEnd() }
        FailurePage(options: options).sendToEnd()
    }
}
