// SPDX-License-Identifier: Apache-2.0
//
// Where output goes and how it may look: width, colour, and whether a person is there to be asked.
// Colour is never the only sign: the words are there without it.

internal import Glibc

/// How output may look.
struct Console: Equatable {
    /// A meaning that may have a colour.
    enum Tone: String {
        /// Mail is halted, or should be.
        case alarm = "1;31"
        /// Something to look at.
        case caution = "33"
        /// As it should be.
        case good = "32"
        /// Titles.
        case strong = "1"
        /// What may be skipped.
        case faint = "2"
        /// Nothing special.
        case plain = ""
    }

    /// Columns of the terminal; 100 where there is none.
    var width = 100
    /// Whether escape sequences may be written.
    var hasColour = false

    /// The console of standard output.
    ///
    /// Colour only on a terminal that is not `dumb`, without `NO_COLOR` (no-color.org) and without
    /// `--no-color`.
    static func output(noColour: Bool) -> Console {
        var console = Console()
        guard isatty(STDOUT_FILENO) == 1 else { return console }
        var size = winsize()
        if unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            console.width = max(40, Int(size.ws_col))
        }
        console.hasColour =
            !noColour && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
        return console
    }

    /// `text` in the colour of `tone`, where colours are allowed.
    func paint(_ text: String, _ tone: Tone) -> String {
        guard hasColour, tone != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
    }

    /// Writes to standard error, each line behind the program's name.
    static func complain(_ message: String) {
        for line in message.split(separator: "\n") { note("listbreaker: \(line)") }
    }

    /// Writes a line to standard error.
    static func note(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes {
                unsafe write(2, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            start += count
        }
    }

    /// Whether a person sits at standard input and standard error.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks a yes-or-no question on standard error; anything but yes is no.
    static func confirms(_ question: String) -> Bool {
        let bytes = Array("\(question) [y/N] ".utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    /// Whose login this process descends from, proc(5); nil where the kernel does not say.
    static var login: UInt32? {
        let descriptor = unsafe open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var room = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(descriptor, &room, room.count)
        return count > 0 ? UInt32(String(decoding: room[..<count], as: UTF8.self)) : nil
    }

    /// The environment variable `name`; nil when it is not set.
    static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
