// SPDX-License-Identifier: Apache-2.0
//
// Plays Postfix on one host: takes the posts of a plan and writes the lines, in time order. Lines
// that are certain are put into the heap ahead of their time; deliveries are made one at a time by
// a pump, so that a list of a million members costs no memory.

internal import EventTime

/// One Postfix host at work.
struct MailHost: Sendable {
    private enum Happening: Sendable {
        case line(LogLine)
        /// The last line of a message, whose inode is free with it.
        case removal(LogLine, inode: Int)
        case fanOut(FanOut)
        case pump
    }

    let scenario: Scenario
    var random: Randomness
    var queueIDs: QueueIDs
    private var processes = Processes()
    private var heap = EventHeap<Happening>()
    /// The posts that this host takes, each with its place in the plan.
    private var posts: [(place: Int, post: SimulatedPost)]
    private var nextPost = 0
    /// When the manager of a list has handed over all copies that it was given so far.
    private var managersFree: [Int: Timestamp] = [:]
    private var active: [FanOut] = []
    private var turn = 0
    private var isPumping = false
    private var postCounts: [Int: Int] = [:]
    /// Lists of mailboxes here, and the post of each all of whose copies show in an abbreviated log:
    /// who has one is known by nothing else.
    var provedPosts: [Int: Int] = [:]

    init(_ scenario: Scenario, posts: [(place: Int, post: SimulatedPost)]) {
        self.scenario = scenario
        self.posts = posts
        random = Randomness(seed: scenario.seed ^ 0x706f_7374_6669_7821)
        queueIDs = QueueIDs(isLong: scenario.hasLongQueueIDs, seed: scenario.seed)
    }

    /// The next line; nil when there is no more.
    mutating func next() -> LogLine? {
        while true {
            if nextPost < posts.count, posts[nextPost].post.time <= heap.nextTime ?? .distantFuture
            {
                nextPost += 1
                arrive(posts[nextPost - 1].post, at: posts[nextPost - 1].place)
                continue
            }
            guard let (time, happening) = heap.pop() else { return nil }
            switch happening {
            case .line(let line): return line
            case .removal(let line, let inode):
                queueIDs.release(inode)
                return line
            case .fanOut(let fanOut): start(fanOut, at: time)
            case .pump: pump(at: time)
            }
        }
    }

    // MARK: Lines

    /// Puts a line of `program` into the log at `time`, which is not in the past.
    mutating func write(
        _ program: MailProgram,
        _ message: String,
        at time: Timestamp,
        pid: Int32? = nil,
        announces post: Int? = nil
    ) {
        var line = LogLine(
            time: time,
            program: program,
            pid: pid ?? pick(program),
            message: message,
            hasUnit: Processes.keepsUnit(program, &random)
        )
        line.announces = post
        heap.push(.line(line), at: time)
    }

    /// Ends a message at `time`.
    mutating func remove(_ queueID: String, _ inode: Int, at time: Timestamp) {
        let line = LogLine(
            time: time,
            program: .qmgr,
            pid: pick(.qmgr),
            message: "\(queueID): removed"
        )
        heap.push(.removal(line, inode: inode), at: time)
    }

    mutating func pick(_ program: MailProgram) -> Int32 { processes.pick(program, &random) }

    mutating func later(_ fanOut: FanOut, at time: Timestamp) {
        heap.push(.fanOut(fanOut), at: time)
    }

    mutating func nextPostNumber(of list: Int) -> Int {
        postCounts[list, default: 0] += 1
        return postCounts[list, default: 0]
    }

    /// When the manager of list number `list` hands over `count` copies that were due at `time`.
    mutating func handOver(_ count: Int, of list: Int, due time: Timestamp) -> Timestamp {
        let pace = scenario.lists[list].copiesPerSecond
        guard pace > 0 else { return time }
        let begin = max(time, managersFree[list] ?? time)
        managersFree[list] = begin + TimeSpan(microseconds: Int64(Double(count) / pace * 1e6))
        return begin
    }

    // MARK: The queue manager

    private mutating func start(_ fanOut: FanOut, at time: Timestamp) {
        if fanOut.next > fanOut.members.lowerBound {
            let count = fanOut.members.count
            write(
                .qmgr,
                "\(fanOut.queueID): from=<\(fanOut.sender)>, size=\(fanOut.size), "
                    + "nrcpt=\(count) (queue active)",
                at: time
            )
        }
        active.append(fanOut)
        guard !isPumping else { return }
        isPumping = true
        heap.push(.pump, at: time + milliseconds(8))
    }

    /// Serves one recipient of the next message in turn.
    private mutating func pump(at time: Timestamp) {
        guard !active.isEmpty else {
            isPumping = false
            return
        }
        turn = turn + 1 < active.count ? turn + 1 : 0
        let member = active[turn].take()
        if active[turn].verp != nil {
            deliverPersonally(active[turn], member, at: time)
        } else {
            let outcome = deliver(active[turn], member, at: time)
            active[turn].note(outcome, of: member)
        }
        if active[turn].isPassDone {
            let fanOut = active.remove(at: turn)
            finishPass(fanOut, at: time)
        }
        let gap = (0.5 + random.unit()) / scenario.deliveriesPerSecond
        heap.push(.pump, at: time + TimeSpan(microseconds: Int64(gap * 1e6)))
    }

    private mutating func finishPass(_ fanOut: FanOut, at time: Timestamp) {
        guard !fanOut.deferred.isEmpty else {
            finish(fanOut, at: time + milliseconds(4))
            return
        }
        var retry = fanOut
        retry.again = fanOut.deferred
        retry.deferred = []
        // minimal_backoff_time and the queue_run_delay of 300 s, postconf(5).
        heap.push(.fanOut(retry), at: time + .seconds(300 + Int64(random.whole(0..<300))))
    }

    func milliseconds(_ count: Double) -> TimeSpan { TimeSpan(microseconds: Int64(count * 1000)) }
}

extension Timestamp {
    /// Later than every real entry.
    static let distantFuture = Timestamp(microseconds: .max)
}
