// SPDX-License-Identifier: Apache-2.0
//
// listbreaker-fleetd: carries records between listbreakerd and the brokers; and, for people on this host,
// how the fleet stands, and a reset of the whole fleet under the certificate of a person.

import Carrier
import EventTime
import Fleet
import FleetLink
import Glibc
import Linux
import Reports

/// Writes a line to standard error, with the priority that journald reads off its start.
@Sendable nonisolated func say(_ priority: Int, _ text: String) {
    let line = Array("<\(priority)>listbreaker-fleetd: \(text)\n".utf8)
    _ = unsafe write(STDERR_FILENO, line, line.count)
}

/// Says why not, and ends.
func fail(_ status: Int32, _ text: String) -> Never {
    say(3, text)
    exit(status)
}

/// The settings of the fleet at `path`; ends the program where there are none.
func settings(at path: String) -> FleetSettings {
    do throws(LinkError) {
        guard let settings = try FleetFile.read(path) else {
            fail(78, "there is no '\(path)': no fleet is set up; see listbreaker-fleetd(8)")
        }
        return settings
    } catch {
        fail(78, error.description)
    }
}

/// The fleet as the daemon sees it; ends the program where it does not answer.
func status(of settings: FleetSettings) -> FleetStatus {
    do throws(LinkError) {
        let answer = try LinkClient(path: settings.socket).ask(LinkRequest(.status))
        guard let status = answer.status else {
            fail(4, "'\(settings.socket)' tells no status; are both programs of one version?")
        }
        return status
    } catch {
        fail(4, "\(error)")
    }
}

/// The trips that a reset by these arguments names; ends the program where there are none.
func names(_ arguments: Arguments, in status: FleetStatus) -> [TripName] {
    let wanted = arguments.list ?? FleetScope.queue.word
    let trips =
        arguments.errand == .forget
        ? status.open.flatMap(\.trips)
        : status.open.first { $0.name == wanted }?.trips ?? []
    let names = trips.compactMap { TripName($0.name) }
        .filter { arguments.errand != .forget || $0.host == wanted }
    guard names.isEmpty else { return names }
    fail(
        1,
        arguments.errand == .forget
            ? "no trip of \(wanted) is open in the fleet, as far as this host knows; nothing was said"
            : "\(wanted) is not open in the fleet, as far as this host knows; nothing was said"
    )
}

/// The settings with the operator's certificate and key.
func signed(_ settings: FleetSettings, _ arguments: Arguments) -> FleetSettings {
    var settings = settings
    let folder = "/etc/listbreaker/fleet/operators/\(arguments.operatorName)"
    settings.certificate = arguments.certificate ?? "\(folder).pem"
    settings.key = arguments.key ?? "\(folder).key"
    return settings
}

/// Orders the named hosts to halt mail at a trip, or only to watch; prints the names of the orders, and ends
/// the program.
func order(_ mode: HostMode, _ arguments: Arguments, _ settings: FleetSettings) -> Never {
    let publishing = Publishing(signed(settings, arguments))
    var hosts = Set(arguments.hosts).sorted()
    while !hosts.isEmpty {
        let record = FleetOrder(
            operatorName: arguments.operatorName,
            id: "\(Timestamp.now.microseconds)",
            time: .now,
            mode: mode,
            hosts: hosts.prefix(FleetOrder.mostHosts),
            reason: arguments.reason
        )
        guard let record else { fail(64, Arguments.usage) }
        hosts.removeFirst(record.hosts.count)
        do throws(LinkError) {
            let outcomes = try publishing.publish(.order(record))
            guard outcomes.contains(where: { $0.trouble == nil }) else {
                let why = outcomes.map { "\($0.broker): \($0.trouble ?? "")" }
                fail(1, "no broker took the order: \(why.joined(separator: "; "))")
            }
            print("order \(record.name): \(mode.rawValue): \(record.hosts.joined(separator: " "))")
        } catch {
            fail(1, "\(error)")
        }
    }
    exit(0)
}

/// Says that every trip of the scope, or host, that this host knows is over; ends the program.
func reset(_ arguments: Arguments, _ settings: FleetSettings) -> Never {
    let status = status(of: settings)
    var names = names(arguments, in: status)
    let settings = signed(settings, arguments)
    var isSaid = true
    var part = 0
    while !names.isEmpty {
        part += 1
        let record = FleetReset(
            operatorName: arguments.operatorName,
            id: "\(Timestamp.now.microseconds)-\(part)",
            time: .now,
            held: arguments.held ?? .keep,
            // Of the whole fleet; each host knows its share of it.
            rate: arguments.rate,
            reason: arguments.reason,
            names: names.prefix(FleetReset.mostNames)
        )
        guard let record else { fail(64, Arguments.usage) }
        names.removeFirst(min(names.count, FleetReset.mostNames))
        print("reset of \(record.names.map(\.short).joined(separator: ", ")):")
        do throws(LinkError) {
            let outcomes = try Publishing(settings).publish(.reset(record))
            for outcome in outcomes {
                print("  broker \(outcome.broker): \(outcome.trouble ?? "taken")")
            }
            isSaid = isSaid && outcomes.contains { $0.trouble == nil }
        } catch {
            fail(1, "\(error)")
        }
    }
    guard isSaid else { fail(1, "no broker took it: nothing is reset") }
    print("each host lets the mail flow by itself, on probation")
    exit(0)
}

// A broker or a daemon that goes away must not take us with it.
_ = signal(SIGPIPE, SIG_IGN)

if CommandLine.arguments.contains("--help") {
    print(Arguments.usage)
    exit(0)
}
guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
    fail(64, Arguments.usage)
}
let chosen = settings(at: arguments.fleet)
switch arguments.errand {
case .status:
    let status = status(of: chosen)
    print(status.lines.joined(separator: "\n"))
    exit(status.alone != nil ? 4 : status.open.isEmpty ? 0 : 3)
case .reset, .forget: reset(arguments, chosen)
case .order(let mode): order(mode, arguments, chosen)
case .carry:
    do throws(LinkError) {
        let carrier = try Carrier(chosen, say: say)
        say(5, "carrying for \(chosen.host); brokers: \(chosen.brokers.map(\.text))")
        carrier.run()
    } catch {
        fail(71, "\(error)")
    }
}
