// SPDX-License-Identifier: Apache-2.0
//
// A terminal as one screen that is drawn again and again: keys one by one, the size as it is now, a
// question on the last line. Each frame is one write, and lines are overwritten and not cleared before:
// nothing flickers. Whatever ends the program, the terminal is as it was.

internal import Control
internal import Glibc
internal import Linux

/// The terminal while it is ours.
final class Screen {
    /// What woke the screen.
    enum Event: Equatable {
        /// A key, as its byte; arrows as `A` to `D` with the eighth bit.
        case key(UInt8)
        /// Time is up, or the size has changed.
        case redraw
        /// Somebody ends us.
        case end
    }

    /// Enters and leaves the second screen; hides and shows the cursor.
    ///
    /// Those of xterm(1), ctlseqs.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    private var before = termios()
    private let signals: Signals

    /// Takes the terminal.
    ///
    /// Throws ``Failure`` when standard input and output are none.
    init() throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
            Console.variable("TERM") != "dumb", unsafe tcgetattr(STDIN_FILENO, &before) == 0
        else {
            throw Failure(
                code: ControlCode.usage,
                message: "top needs a terminal; --once prints one screen anywhere"
            )
        }
        do throws(Errno) {
            signals = try Signals([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP])
        } catch {
            throw Failure(code: ControlCode.failed, message: "cannot watch signals: \(error)")
        }
        takeKeys()
        put(Self.enter)
    }

    /// Gives the terminal back as it was.
    func close() {
        put(Self.leave)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
    }

    /// Columns and lines, now.
    var size: (columns: Int, lines: Int) {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
            size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Draws `lines`, which fit, from the top; what is below goes.
    func draw(_ lines: [String]) {
        let body = lines.prefix(size.lines).map { "\($0)\u{1B}[K" }.joined(separator: "\r\n")
        put("\u{1B}[H\(body)\u{1B}[J")
    }

    /// Waits for a key, a signal, or `seconds`.
    func next(within seconds: Double) -> Event {
        var watched = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = Int32(min(max(seconds, 0), 3600) * 1000)
        guard unsafe poll(&watched, 2, milliseconds) > 0 else { return .redraw }
        if let number = signals.next() { return number == SIGWINCH ? .redraw : .end }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
        guard count > 0 else { return .end }
        // An arrow is ESC [ A or ESC O A.
        if count == 3, bytes[0] == 0x1B, (0x41...0x44).contains(bytes[2]) {
            return .key(bytes[2] | 0x80)
        }
        return .key(bytes[0])
    }

    /// Asks for a line of text on the last line; nil when nothing was typed.
    func ask(_ question: String) -> String? {
        put(
            "\u{1B}[\(size.lines);1H\u{1B}[K\(clipped(question, to: size.columns - 20)) \u{1B}[?25h"
        )
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        defer {
            takeKeys()
            put("\u{1B}[?25l")
        }
        let line = readLine(strippingNewline: true) ?? ""
        return line.contains { $0 != " " } ? line : nil
    }

    /// Keys one by one, not shown; Ctrl-C stays a signal.
    private func takeKeys() {
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes {
                unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            start += count
        }
    }
}
