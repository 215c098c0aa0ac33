// SPDX-License-Identifier: Apache-2.0
//
// What keeps the daemon from halting, paging or remembering while it sees well: no descriptors, no
// room or no right where the state is. Each is a reason for `status` 4 and a page, and is looked at
// every few seconds, not only when a trip needs it. A trip never waits for any of it.

internal import Breaker
internal import Engine
internal import EventTime
internal import Glibc
internal import Linux
internal import Paging

/// What ails the daemon.
enum Ailment: String, CaseIterable, Sendable {
    case descriptors, state, halting

    /// What to do.
    fileprivate var advice: String {
        switch self {
        case .descriptors:
            "ls -l /proc/$(pidof listbreakerd)/fd | tail; LimitNOFILE= of listbreakerd.service. A few "
                + "are kept back for trips and pages."
        case .halting:
            "dmesg | tail; findmnt -T that directory; if the disk is sound: mount -o remount,rw. Where the "
                + "directory is the site's own: ReadWritePaths= in a drop-in of listbreaker-actuator.service."
        case .state:
            "df -h and ls -ld of that directory. Trips go on; after a crash now they would not be known."
        }
    }

    /// What is said when it is over.
    fileprivate var end: String {
        switch self {
        case .descriptors: "listbreaker can open files again"
        case .halting: "mail could be halted again"
        case .state: "listbreaker can save its state again"
        }
    }
}

extension Loop {
    /// Nanoseconds between two looks: 5 s, chosen.
    private static let healthInterval: Int64 = 5_000_000_000
    /// Room that a trip takes, 256 KiB; chosen, half a dozen incidents with their evidence.
    private static let room: UInt64 = 256 << 10

    /// Why it cannot act or remember as it should; nil: it can.
    var ailing: String? { Ailment.allCases.lazy.compactMap { self.ailments[$0] }.first }

    /// Looks whether anything ails it, when that is due.
    func watchHealth(_ now: Timestamp) async {
        let clock = SystemClock.monotonic
        guard lastHealth.map({ clock - $0 >= Self.healthInterval }) ?? true else { return }
        lastHealth = clock
        let shortage = reserve.probe() ?? self.shortage
        self.shortage = nil
        await note(.descriptors, shortage.map { "no file can be opened: \($0)" }, at: now)
        let trouble = Self.trouble(with: parts.stateDirectory) ?? storeTrouble
        await note(.state, trouble, at: now)
        probe()
    }

    /// Nanoseconds between two questions whether mail could be halted: 30 s, chosen; each is some looks
    /// at directories by the actuator.
    private static let probeInterval: Int64 = 30_000_000_000
    /// The same while it could not be, since its end is waited for: 5 s, chosen.
    private static let probeIntervalAiling: Int64 = 5_000_000_000

    /// Asks the actuator whether it could halt mail, beside the loop, when that is due.
    private func probe() {
        let clock = SystemClock.monotonic
        let interval =
            ailments[.halting] == nil ? Self.probeInterval : Self.probeIntervalAiling
        guard lastProbe.map({ clock - $0 >= interval }) ?? true else { return }
        lastProbe = clock
        // While it only observes, nothing would be halted.
        let isArmed = engine.board.mode == .armed
        Task {
            // Where nobody says, it is as it was: an actuator that is away is no end of the trouble.
            guard let found = isArmed ? await lane.obstacles() : [] else { return }
            let words = "mail could not be halted: \(found.joined(separator: "; "))"
            await note(.halting, found.isEmpty ? nil : words, at: .now)
        }
    }

    /// Why nothing can be saved in `directory`; nil: it can, as far as one may see.
    static func trouble(with directory: String) -> String? {
        if let why = DirectoryAccess.obstacle(to: directory) {
            return "the state cannot be saved in '\(directory)': \(why)"
        }
        var status = statvfs()
        guard unsafe statvfs(directory, &status) == 0 else {
            return "the state cannot be saved in '\(directory)': \(Errno.last)"
        }
        let (free, isMuch) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize)
        )
        // Some file systems have no number of blocks.
        guard !isMuch, status.f_blocks > 0, free < room else { return nil }
        return
            "the state cannot be saved in '\(directory)': \(Errno(ENOSPC)), \(free) bytes are free"
    }

    private func note(_ ailment: Ailment, _ trouble: String?, at now: Timestamp) async {
        let before = ailments[ailment]
        ailments[ailment] = trouble
        guard (before == nil) != (trouble == nil) else { return }
        let text = trouble ?? ailment.end
        parts.log.write(trouble == nil ? 5 : 2, trouble == nil ? .sighted : .blind, text)
        await parts.pager.submit(
            Alert(
                kind: trouble == nil ? .sighted : .blind,
                isResolved: trouble == nil,
                severity: trouble == nil ? .info : .critical,
                summary: trouble.map { "listbreaker cannot work as it should: \($0)" } ?? text,
                advice: trouble == nil ? "Nothing to do." : ailment.advice,
                started: now,
                ended: trouble == nil ? now : nil,
                dedupKey: "ailing-\(ailment.rawValue)"
            ),
            at: now
        )
    }
}
