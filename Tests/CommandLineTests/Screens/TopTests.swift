// SPDX-License-Identifier: Apache-2.0
//
// What `top` shows on screens of several sizes. The terminal itself was looked at by hand.

import Breaker
import Control
import Foundation
import Glibc
import Reports
import TestSupport
import Testing

@testable import listbreaker

private func screen(_ report: StatusReport, width: Int = 80, lines: Int = 24) -> TopScreen {
    TopScreen(report: report, console: Console(width: width), lines: lines)
}

@Suite struct `One screen of top` {
    @Test(arguments: [(80, 24), (120, 40), (60, 12), (40, 6)])
    func `fits the terminal, whatever is open`(width: Int, lines: Int) {
        for report in [StatusReport.quiet, .storm, .trouble, .doubtful] {
            let text = screen(report, width: width, lines: lines).text
            #expect(text.count == lines)
            #expect(text.last?.hasPrefix("q quit") == true)
            if lines >= 24 {
                #expect(text.first?.lowercased().contains("mail") == true)
                #expect(report.lists.isEmpty || text.contains { $0.contains("NEAREST RULE") })
            }
        }
    }

    @Test func `what does not fit is named by its number of lines`() {
        let text = screen(.trouble, lines: 12).text
        #expect(text.contains { $0.contains("more lines: listbreaker status") }, "\(text)")
    }

    @Test func `the list nearest to a trip stands first, open ones before it`() {
        var report = StatusReport.storm
        var near = report.lists[1]
        near.list = "near@example.org"
        near.nearest = "ceiling 9 of 10"
        report.lists = [report.lists[1], near, report.lists[0]]
        let screen = screen(report)
        #expect(
            screen.nearest.map(\.list)
                == ["annonce@example.org", "near@example.org", "talk@example.org"]
        )
        #expect(screen.chosen?.list == "annonce@example.org")
        var second = screen
        second.selected = 1
        #expect(second.chosen?.list == "near@example.org")
        #expect(second.text.contains { $0.hasPrefix(">near@example.org") })
        second.selected = 99
        #expect(second.chosen?.list == "talk@example.org")
    }

    @Test func `a list that is far from any rule names none`() {
        var report = StatusReport.quiet
        report.lists = StatusReport.storm.lists.suffix(1)
        report.lists[0].nearest = "loop 1 of 12"
        #expect(!screen(report).text.contains { $0.contains("loop") })
        report.lists[0].nearest = "loop 3 of 12"
        #expect(screen(report).text.contains { $0.contains("loop 3 of 12") })
    }

    @Test(arguments: [
        ("n", true), (" No ", true), ("q", true), ("\u{1B}[B", true), ("no more mails", false),
        ("night", false),
    ])
    func `who answers no, or types an arrow, gives no reason`(typed: String, isNo: Bool) {
        #expect(TopCommand.isNo(typed) == isNo)
    }

    @Test func `a curve grows with each look, and lists that left are forgotten`() {
        var screen = screen(.storm, width: 120)
        screen.curve = Sparkline(hasBlocks: false)
        for _ in 0..<300 { screen.note() }
        #expect(screen.history.count == 2)
        #expect(screen.history.values.allSatisfy { $0.count == 120 })
        screen.report.lists.removeLast()
        screen.note()
        #expect(screen.history.count == 1)
    }

    @Test func `a terminal is as it was when something ends it`() async throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = String(decoding: try encoder.encode(StatusReport.storm), as: UTF8.self)
        try await withDaemon({ _, _ in .done("", body: body) }) { path in
            let terminal = try PseudoTerminal()
            #expect(terminal.isCooked)
            let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            let process = Process()
            process.executableURL = folder.appending(path: "listbreaker")
            process.arguments = ["top", "--socket", path]
            process.environment = ["TERM": "xterm", "TZ": "UTC"]
            process.standardInput = terminal.device
            process.standardOutput = terminal.device
            try process.run()
            let isUp = await eventuallyAsync {
                terminal.read().contains("NEAREST RULE") && !terminal.isCooked
            }
            #expect(isUp)
            process.terminate()
            #expect(await eventuallyAsync { !process.isRunning })
            #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
            #expect(terminal.isCooked)
            #expect(terminal.read().hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
        }
    }

    @Test func `once prints one, without a terminal`() async throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = String(decoding: try encoder.encode(StatusReport.storm), as: UTF8.self)
        try await withDaemon({ _, _ in .done("", body: body) }) { path in
            let outcome = try await run(["top", "--once", "--socket", path])
            #expect(outcome.code == 0)
            #expect(outcome.output.contains(">annonce@example.org"))
            #expect(!outcome.output.contains("\u{1B}"))
            let live = try await run(["top", "--socket", path])
            #expect(live.code == 64 && live.errors.contains("top needs a terminal"))
        }
    }
}

/// A terminal that nobody sits at, pty(7).
private final class PseudoTerminal {
    private let master: Int32
    private var text = ""
    /// What a program takes for its terminal.
    let device: FileHandle

    init() throws {
        // What posix_openpt(3), unlockpt(3) and ptsname(3) do, which Swift's Glibc hides; ioctl_tty(2).
        master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var (locked, number): (Int32, UInt32) = (0, 0)
        let (unlock, ask): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        let isOpen = unsafe ioctl(master, unlock, &locked) == 0 && ioctl(master, ask, &number) == 0
        try #require(master >= 0 && isOpen)
        let name = "/dev/pts/\(number)"
        let slave = unsafe open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(slave >= 0)
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        #expect(unsafe ioctl(slave, UInt(TIOCSWINSZ), &size) == 0)
        device = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    }

    deinit { close(master) }

    /// Whether it waits for whole lines and shows what is typed.
    var isCooked: Bool {
        var state = termios()
        guard unsafe tcgetattr(device.fileDescriptor, &state) == 0 else { return false }
        return state.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO)
    }

    /// All that was written to it so far.
    func read() -> String {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(master, &room, room.count)
            guard count > 0 else { return text }
            text += String(decoding: room.prefix(count), as: UTF8.self)
        }
    }
}
