// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker web`: the same as `top` in a browser on this host, or through `ssh -L`. It runs as whoever
// started it, asks the daemon as `status` does, and can do nothing but look.

internal import ArgumentParser
internal import Control
internal import EventTime
internal import Glibc
internal import Linux
internal import Reports

/// `listbreaker web`.
struct WebCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "web",
        abstract: "Show it live in a browser, on 127.0.0.1 only; read-only.",
        discussion: """
            Prints an address that opens the page once, in one browser, and serves it until it is \
            interrupted. From another machine: ssh -L 8025:127.0.0.1:8025 HOST listbreaker web \
            --port 8025.
            """
    )

    @Option(
        help: ArgumentHelp("The port on 127.0.0.1; by default a free one.", valueName: "port")
    )
    var port: UInt16 = 0

    @Option(help: ArgumentHelp("The browser asks again after that much.", valueName: "span"))
    var every = SpanArgument(span: .seconds(5))

    @OptionGroup var control: ControlOptions

    func validate() throws {
        guard (1...3600).contains(every.span.seconds) else {
            throw ValidationError("--every is 1s to 1h")
        }
    }

    func run() throws {
        var room = WebRoom(
            screen: TopScreen(report: try look(), console: Console(), lines: 24),
            refresh: Int64(every.span.seconds.rounded(.up))
        )
        let signals: Signals
        let server: WebServer
        do throws(Errno) {
            signals = try Signals([SIGINT, SIGTERM, SIGHUP])
            server = try WebServer(port: port)
        } catch {
            throw Failure(
                code: ControlCode.failed,
                message: "cannot listen on 127.0.0.1:\(port): \(error)"
            )
        }
        var door = WebDoor(port: server.port, token: Self.secret, session: Self.secret)
        print(door.address)
        _ = fflush(nil)
        Console.note("It opens once, in one browser. Ctrl-C ends it.")
        server.serve(until: signals) { head in
            guard let request = WebRequest(head) else {
                return WebAnswer.refusal(400, "This is no request that listbreaker understands.")
            }
            switch door.answer(request) {
            case .page:
                room.look(at: ContinuousClock.now) { try look() }
                return WebAnswer.page(room.html, isHead: request.method == "HEAD")
            case .enter(let cookie): return WebAnswer.entry(cookie)
            case .refused(let status, let sentence): return WebAnswer.refusal(status, sentence)
            }
        }
    }

    private func look() throws -> StatusReport {
        var request = ControlRequest(.status)
        request.limit = StatusText.mostAsked
        return try control.report(request, as: StatusReport.self).report
    }

    /// 128 random bits in hexadecimal digits; RFC 6749, 10.10, asks for as many.
    private static var secret: String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// What the page shows, and when it was asked for.
struct WebRoom {
    var screen: TopScreen
    var refresh: Int64
    private var trouble: String?
    private var looked: ContinuousClock.Instant?

    /// A room with the first look in it.
    init(screen: TopScreen, refresh: Int64) {
        self.screen = screen
        self.refresh = refresh
    }

    /// Asks the daemon, at most once a second: many windows are one question.
    mutating func look(at now: ContinuousClock.Instant, _ ask: () throws -> StatusReport) {
        if let looked, now - looked < .seconds(1) { return }
        looked = now
        do {
            screen.report = try ask()
            screen.note()
            trouble = nil
        } catch {
            trouble = (error as? Failure)?.message ?? "\(error)"
        }
    }

    var html: String { WebPage(screen: screen, refresh: refresh, trouble: trouble).html }
}
