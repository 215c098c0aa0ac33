// SPDX-License-Identifier: Apache-2.0
//
// When the list manager is looked at, and its password. One pass at a time, each about all lists, so
// that a failure is made good by the next. The mistake to avoid: a pass that anything else waits for.

internal import EventTime
internal import Glibc
internal import HaltWire
internal import Settings

/// Which lists are stopped at the list manager, and when that is looked after.
struct ManagerWish {
    /// How often a list that is stopped is looked at: what somebody else changed there shows.
    ///
    /// Chosen.
    static let interval = TimeSpan.minutes(5)
    /// First wait after a failed pass; doubled each time up to ``interval``.
    ///
    /// Chosen.
    static let firstRetry = TimeSpan.seconds(10)

    /// Failed passes on end.
    private(set) var failures = 0
    private var isBusy = false
    private var said: Set<String> = []
    private var next: Timestamp? = .distantPast

    /// Whether a pass is to begin at `now`.
    func isDue(_ wanted: Set<String>, at now: Timestamp) -> Bool {
        !isBusy && (wanted != said || next.map { now >= $0 } ?? false)
    }

    /// A pass about `wanted` begins.
    mutating func begin(_ wanted: Set<String>) {
        isBusy = true
        said = wanted
    }

    /// It ended at `now`; `isIdle`: nothing is stopped, and nothing is to be.
    mutating func end(failed: Bool, isIdle: Bool, at now: Timestamp) {
        isBusy = false
        failures = failed ? failures + 1 : 0
        if failed {
            let wait = Self.firstRetry.microseconds << min(failures - 1, 10)
            next = now + TimeSpan(microseconds: min(wait, Self.interval.microseconds))
        } else {
            next = isIdle ? nil : now + Self.interval
        }
    }

    /// The first line of the password file; nil with the reason when there is none.
    static func password(_ file: String) -> (text: String?, reason: String) {
        var paths = [file]
        if !file.hasPrefix("/") {
            guard let folder = unsafe getenv("CREDENTIALS_DIRECTORY") else {
                return (nil, "there are no credentials: is this not run by systemd?")
            }
            let directory = unsafe String(cString: folder)
            paths = ["\(directory)/alert_\(file)", "\(directory)/\(file)"]
        }
        for path in paths {
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0, status.st_mode & 0o007 == 0 else {
                return (nil, "'\(path)' can be read by everybody")
            }
            var room = [UInt8](repeating: 0, count: 1024)
            let count = unsafe read(descriptor, &room, room.count)
            let line = room.prefix(max(0, count)).prefix { $0 != 0x0a && $0 != 0x0d }
            guard !line.isEmpty else { return (nil, "'\(path)' is empty") }
            return (String(decoding: line, as: UTF8.self), "")
        }
        return (nil, "there is no '\(file)'")
    }
}
