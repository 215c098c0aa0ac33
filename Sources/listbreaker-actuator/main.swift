// SPDX-License-Identifier: Apache-2.0
//
// The side that is root: takes the socket that systemd passes, obeys root and the daemon's user.
// `assert-boot` is what runs before Postfix starts, `thaw` after we were killed, and `guard` while
// qmgr(8) is stopped. No shell, no log, no network. It keeps no
// state in memory: killed at any point, the next one carries on. It stays unless `--idle` says
// otherwise: measured, the gate is closed 1 ms after a request to one that runs, 100 ms (load 7)
// after one to a socket that must start it first.

import Glibc
import HaltWire
import Linux
import LocalSocket
import MailServers

/// Writes a line to standard error, with the priority that journald reads off its start.
func say(_ priority: Int, _ text: String) {
    let line = Array("<\(priority)>listbreaker-actuator: \(text)\n".utf8)
    _ = unsafe write(STDERR_FILENO, line, line.count)
}

/// Says why not, and ends.
func fail(_ status: Int32, _ text: String) -> Never {
    say(3, text)
    exit(status)
}

let usage = """
    usage: listbreaker-actuator [--socket PATH] [--allow-user NAME|UID]... [--state DIR]
                                [--config-directory DIR] [--idle SECONDS] [assert-boot|thaw]
    """

/// The uid of a user by name or number; nil when there is none.
func uid(of user: String) -> UInt32? {
    if let number = UInt32(user) { return number }
    guard let entry = unsafe getpwnam(user) else { return nil }
    return unsafe entry.pointee.pw_uid
}

// A client or a program that goes away early must not take us with it. systemd starts us so; by hand,
// or under another supervisor, nobody else sees to it.
_ = signal(SIGPIPE, SIG_IGN)

var place = Actuator.Place(state: "/var/lib/listbreaker-actuator")
if let directory = unsafe getenv("STATE_DIRECTORY") {
    place.state = unsafe String(cString: directory)
}
var allowed: Set<UInt32> = []
var socketPath: String?
var limits = LineLimits()
var isAtBoot = false
var isThawing = false

var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
    switch word {
    case "assert-boot": isAtBoot = true
    case "thaw": isThawing = true
    case "guard":
        FreezeGuard.run()
        exit(0)
    case "--help":
        print(usage)
        exit(0)
    default:
        guard let value = words.popFirst() else { fail(64, "'\(word)' wants a value\n\(usage)") }
        switch word {
        case "--socket": socketPath = value
        case "--state": place.state = value
        case "--config-directory": place.configuration = value
        case "--allow-user":
            guard let found = uid(of: value) else { fail(64, "there is no user '\(value)'") }
            allowed.insert(found)
        case "--idle":
            guard let seconds = Int64(value), (1...86_400).contains(seconds) else {
                fail(64, "--idle wants 1 to 86400 seconds")
            }
            limits.idle = .seconds(seconds)
        default: fail(64, "unknown option '\(word)'\n\(usage)")
        }
    }
}
if allowed.isEmpty, let daemon = uid(of: "_listbreaker") { allowed = [daemon] }

let actuator = Actuator(place: place, allowed: allowed)
if !isAtBoot {
    for queue in actuator.thaw() {
        say(4, "'\(queue)' stood still, since we were killed; it goes on with the gate closed")
    }
}
if isThawing { exit(0) }
if isAtBoot {
    let report = actuator.assertAtBoot()
    for change in report.changed { say(5, change) }
    guard report.errors.isEmpty else { fail(1, report.errors.joined(separator: "; ")) }
    exit(0)
}

TaskPool.takeOver()
do throws(SocketError) {
    let server: LineServer
    if let socketPath {
        server = try LineServer(path: socketPath, mode: 0o600, limits: limits) { peer, line in
            await actuator.answer(peer, line)
        }
    } else if let inherited = try Activation.descriptor() {
        server = try LineServer(inherited: inherited, limits: limits) { peer, line, _ in
            await actuator.answer(peer, line)
        }
    } else {
        fail(64, "no socket was passed and none was named\n\(usage)")
    }
    // What was deferred while the gate was opened, by one of us who was killed.
    actuator.lookAfter()
    // What a reload of theirs left passed over.
    actuator.callAgain()
    server.run()
} catch {
    fail(1, "\(error)")
}
