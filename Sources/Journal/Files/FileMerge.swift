// SPDX-License-Identifier: Apache-2.0
//
// The entries of many files as one log, in sd-journal's order: of the entries that come next the first one, by
// pairs and in the order of the files, and none that is not behind the one given last, which leaves out
// what a second file has too. As long as one file's entries are before all others', and that is most of the time,
// three numbers are compared instead; they are taken so that both ways choose the same, whatever circles
// the order has.

internal import MailLog

/// Files, each with the entry that comes next.
struct FileMerge {
    /// Files that keep their windows at most: 16 MiB of them; chosen.
    ///
    /// More than that many hosts read
    /// in turn cost a read(2) an entry.
    private static let mostAwake = 64

    private(set) var files: [JournalFile]
    let lane: JournaldLane?
    /// What comes next of each, the lane last.
    private var keys: [EntryKey]
    private var isAtEnd: [Bool]
    /// The entry given last, and whose it was.
    private(set) var location: EntryKey?
    private(set) var current = -1
    /// Below these an entry of the current file and boot is before all others'.
    private var bound = Bound()
    /// Files with windows, the oldest first.
    private var awake: [Int] = []

    /// What the next entries of all but one file begin with.
    private struct Bound {
        var boot = ID128()
        var seqnum = UInt64.max
        var monotonic = UInt64.max
        var realtime = UInt64.max

        func isAbove(_ key: EntryKey) -> Bool {
            key.boot == boot && key.seqnum < seqnum && key.monotonic < monotonic
                && key.realtime < realtime
        }
    }

    /// The merge of `files` and `lane`, each before its first entry.
    init(_ files: [JournalFile], _ lane: JournaldLane?) {
        self.files = files
        self.lane = lane
        let count = files.count + (lane == nil ? 0 : 1)
        keys = Array(repeating: EntryKey(), count: count)
        isAtEnd = Array(repeating: false, count: count)
        for index in keys.indices {
            advance(index)
            if index < files.count { self.files[index].rest() }
        }
    }

    /// Goes on to the next entry; false at the end of all files.
    mutating func next() -> Bool {
        if current >= 0, !isAtEnd[current], location == keys[current] {
            advanceBehind(current)
            if !isAtEnd[current], bound.isAbove(keys[current]) {
                location = keys[current]
                return true
            }
        }
        return choose()
    }

    /// Appends the current entry to `batch` when it is wanted.
    mutating func append(
        to batch: inout EntryBatch,
        _ cache: inout ValueCache,
        _ selection: EntrySelection
    ) -> EntryOutcome {
        guard current < files.count else {
            return lane?.append(to: &batch) == true ? .taken : .leftOut
        }
        return files[current].append(to: &batch, &cache, selection)
    }

    /// Notes that the current entry could not be read.
    mutating func noteLoss() {
        guard current >= 0, current < files.count else { return }
        files[current].noteLoss(files[current].entry)
    }

    /// Things that could not be read so far.
    var losses: Int { files.reduce(lane?.loss == nil ? 0 : 1) { $0 + $1.loss.count } }

    /// Compares all.
    private mutating func choose() -> Bool {
        var first = -1
        for index in keys.indices where !isAtEnd[index] {
            if let location, !isBehind(keys[index], location, index) { advanceBehind(index) }
            if isAtEnd[index] { continue }
            if first < 0 || keys[index].order(keys[first]) < 0 { first = index }
        }
        guard first >= 0 else { return false }
        keepAwake(first)
        bound = Bound(boot: keys[first].boot)
        for index in keys.indices where index != first && !isAtEnd[index] {
            if keys[index].seqnumID == keys[first].seqnumID {
                bound.seqnum = min(bound.seqnum, keys[index].seqnum)
            } else if keys[index].boot == bound.boot {
                bound.monotonic = min(bound.monotonic, keys[index].monotonic)
            } else {
                bound.realtime = min(bound.realtime, keys[index].realtime)
            }
        }
        current = first
        location = keys[first]
        return true
    }

    /// Goes on in one file until it is behind what was given last.
    private mutating func advanceBehind(_ index: Int) {
        guard let location else { return advance(index) }
        repeat { advance(index) } while !isAtEnd[index] && !isBehind(keys[index], location, index)
    }

    /// Whether `key`, of the file `index`, is behind the entry given last.
    private func isBehind(_ key: EntryKey, _ location: EntryKey, _ index: Int) -> Bool {
        if index == current { return key.seqnum > location.seqnum || index == files.count }
        // Of one writer's files the number alone tells the same entry, sd-journal's first question.
        if key.seqnumID == location.seqnumID, key.seqnum == location.seqnum,
            key.boot == location.boot, key.realtime == location.realtime, key.hash == location.hash
        {
            return false
        }
        return key.order(location) > 0
    }

    private mutating func advance(_ index: Int) {
        if index < files.count {
            isAtEnd[index] = !files[index].advance(&keys[index])
        } else if let lane {
            isAtEnd[index] = !lane.advance()
            keys[index] = lane.key
        }
    }

    private mutating func keepAwake(_ index: Int) {
        guard index < files.count, !awake.contains(index) else { return }
        awake.append(index)
        if awake.count > Self.mostAwake { files[awake.removeFirst()].rest() }
    }
}
