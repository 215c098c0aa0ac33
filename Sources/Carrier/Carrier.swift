// SPDX-License-Identifier: Apache-2.0
//
// The two ways between daemon and brokers. What the daemon wants kept goes to every broker, at once when
// it changes, when a broker comes back, and once a minute all of it, so that a broker that forgot is filled
// again. What a broker hands over is read by Fleet's rules and given to the daemon once. The mistake to
// avoid: to remember what was handed over to a daemon that has since lost its state.

internal import EventTime
public import Fleet
public import FleetLink
internal import Linux

/// # Carrier
///
/// NAME: Carrier - listbreaker-fleetd as a library: MQTT to the brokers, a Unix socket to the daemon.
///
/// SUMMARY: ``Carrier/run()`` on the main thread; ``Publishing`` for a reset that an operator says.
///
/// DESCRIPTION: one thread a broker carries its connection (``BrokerLine``); one asks the daemon what is
/// to be kept, one what is to be said once; one hands over what was heard. It holds no state that matters: killed at any point, the
/// next one carries on.
///
/// LIMITS: one to three brokers; 20,000 records that wait for the daemon, later ones are dropped and
/// come again within a minute; 60,000 that are remembered as handed over. A message of more than 8 KiB is
/// not looked at.
///
/// SECURITY: TLS with certificates on both sides, MQTT 5. It runs as a user of its own, with the host's key and no right
/// over mail; what it hands over is read again by the daemon.
///
/// DIAGNOSTICS: lines on standard error, as journald takes them; how it stands with each broker is told to
/// the daemon, for `listbreaker-fleetd status`.
///
/// BUGS: a broker's troubles are told with the next question to the daemon, at most ten seconds later.
public enum CarrierManual {}

/// Carries records between one daemon and its brokers.
public final class Carrier: Sendable {
    /// Everything is said again this often, in nanoseconds; 60 s, chosen.
    private static let again: Int64 = 60_000_000_000
    /// Microseconds before the daemon is asked again that did not answer; chosen.
    private static let shortly: UInt32 = 250_000

    private let settings: FleetSettings
    private let client: LinkClient
    private let inbox: Inbox
    private let lines: [BrokerLine]
    private let say: @Sendable (Int, String) -> Void

    /// A carrier by these settings; `say` gets lines for the log, with syslog's priority.
    public init(
        _ settings: FleetSettings,
        say: @escaping @Sendable (Int, String) -> Void
    ) throws(LinkError) {
        self.settings = settings
        self.say = say
        client = LinkClient(path: settings.socket)
        let inbox = try Inbox()
        self.inbox = inbox
        let login = BrokerLogin(
            client: "listbreaker-\(settings.host)",
            authority: settings.authority,
            certificate: settings.certificate,
            key: settings.key
        )
        lines = settings.brokers.map { address in
            BrokerLine(
                address,
                login,
                presence: (
                    FleetTopic.host(settings.host).text,
                    settings.isJudge ? Presence.judging : Presence.here
                ),
                filters: FleetTopic.filters + (settings.isJudge ? FleetTopic.judgeFilters : []),
                hear: { topic, bytes in inbox.hear(topic, bytes, from: address, say) },
                say: say
            )
        }
    }

    /// Runs for ever on the calling thread, and four to six more.
    public func run() {
        for line in lines where startThread(named: "broker", { line.run() }) != 0 {
            say(2, "cannot start a thread for \(line.address.text)")
        }
        let (inbox, client, say) = (inbox, client, say)
        if startThread(named: "hand-over", { inbox.handOver(to: client, say) }) != 0 {
            say(2, "cannot start the thread that hands over what is heard")
        }
        if startThread(named: "facts", { self.tellFacts() }) != 0 {
            say(2, "cannot start the thread that tells what was seen")
        }
        ask()
    }

    /// Says what the daemon saw, over and over; without a broker it is left to the daemon.
    private func tellFacts() {
        while true {
            guard lines.contains(where: \.view.isConnected) else {
                pause(microseconds: Self.shortly)
                continue
            }
            do throws(LinkError) {
                guard let record = try client.ask(LinkRequest(.facts)).facts else { continue }
                for line in lines { line.sayOnce(record) }
            } catch {
                // The thread that asks says it.
                pause(microseconds: Self.shortly)
            }
        }
    }

    /// Asks the daemon what is to be kept, over and over.
    private func ask() {
        var mark: LinkMark?
        var lastRound = SystemClock.monotonic
        var trouble: String?
        while true {
            do throws(LinkError) {
                let answer = try client.ask(LinkRequest(.next, seen: mark, view: view))
                if let trouble { say(5, "the daemon answers again; before: \(trouble)") }
                trouble = nil
                if let now = answer.mark, now.start != mark?.start {
                    // Another daemon: all that the brokers keep is handed over again.
                    if mark != nil {
                        inbox.forget()
                        for line in lines { line.listenAgain() }
                    }
                    mark = nil
                }
                if answer.mark != mark {
                    mark = answer.mark
                    for line in lines { line.keep(answer.keep ?? []) }
                }
            } catch {
                if trouble != error.description { say(4, "\(error)") }
                trouble = error.description
                pause(microseconds: Self.shortly)
            }
            if SystemClock.monotonic - lastRound >= Self.again {
                lastRound = SystemClock.monotonic
                for line in lines { line.sayAll() }
            }
        }
    }

    private var view: CarrierView {
        var view = CarrierView()
        view.brokers = lines.map(\.view)
        view.hosts = inbox.hosts.sorted()
        view.judges = inbox.judges.sorted()
        if settings.isJudge { view.lost = inbox.lost }
        // Each time: it may have been renewed.
        view.certificateEnd = CertificateFile.end(at: settings.certificate).map { $0.seconds }
        return view
    }
}
