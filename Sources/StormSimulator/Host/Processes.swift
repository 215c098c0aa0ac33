// SPDX-License-Identifier: Apache-2.0
//
// Postfix's processes: a handful a program, each replaced after `max_use` (100) requests. Lines of
// processes that just ended lose their unit, since journald looks it up afterwards: 2 % of local,
// cleanup and bounce lines, measured on Debian 12.

/// The process ids that lines come from.
struct Processes: Sendable {
    private struct Process: Sendable {
        var pid: Int32
        var uses = 0
    }

    /// postconf(5) `max_use`.
    private static let usesAtMost = 100
    private var pools: [[Process]] = []
    private var nextPid: Int32 = 800

    init() {
        for program in MailProgram.allCases {
            let size =
                switch program {
                case .qmgr, .pickup: 1
                case .smtp: 20
                case .smtpd, .cleanup: 5
                default: 2
                }
            let first = nextPid
            nextPid += Int32(size)
            pools.append((1...Int32(size)).map { number in Process(pid: first + number) })
        }
    }

    /// A process of `program` for one more request.
    mutating func pick(_ program: MailProgram, _ random: inout Randomness) -> Int32 {
        let pool = program.number
        let size = pools[pool].count
        let index = size == 1 ? 0 : random.whole(0..<size)
        pools[pool][index].uses += 1
        if pools[pool][index].uses > Self.usesAtMost, program != .qmgr {
            nextPid = nextPid < 4_000_000 ? nextPid + 1 + Int32(random.whole(0..<7)) : 1000
            pools[pool][index] = Process(pid: nextPid)
        }
        return pools[pool][index].pid
    }

    /// Whether journald still finds the unit of a line of `program`.
    static func keepsUnit(_ program: MailProgram, _ random: inout Randomness) -> Bool {
        switch program {
        case .local, .cleanup, .bounce: !random.chance(0.02)
        default: true
        }
    }
}
