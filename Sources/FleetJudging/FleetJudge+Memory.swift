// SPDX-License-Identifier: Apache-2.0
//
// What a judge must still know after a restart, in parts: else a storm that spans it is seen late, and
// everybody whom only other hosts know is a stranger. The settings are not part of it, nor whose clock is
// off: that is said anew after three batches. The mistake to avoid: to leave out the key; a post that two
// hosts tell, one before and one after the restart, would count twice.

public import Archive
internal import EventTime
public import ListTraffic
public import StormDetection

/// The kinds of parts that a judge has; 96 to 127 are its own.
private enum JudgePart {
    static let frame: Int32 = 96
    static let hosts: Int32 = 97
    static let newerPosts: Int32 = 98
    static let olderPosts: Int32 = 99
    static let witnesses: Int32 = 100
    static let waiting: Int32 = 101
}

extension FleetJudge {
    /// Version of the layout; raised whenever a field is added, removed or moved.
    private static let layout = 1

    /// Writes all that a restart needs, or reads it in the place of what is here.
    ///
    /// Domains, horizon and settings stay those of this value.
    /// - Throws: ``ArchiveDamage`` when a part is missing, damaged or of another version, and what the
    ///   keeper of the parts throws; what was to be read into is then of no use.
    public mutating func archive(_ parts: inout ArchiveParts) throws {
        var (layout, key) = (Self.layout, key)
        var known = hosts.map { KnownHost(name: $0.key, sight: $0.value) }
            .sorted { $0.name < $1.name }
        var told = waiting.map { WaitingFact(due: $0.due, host: $0.host, text: $0.fact.text) }
        var heard = witnesses.all
        var counts = [known.count, told.count, heard.count, posts.newerCount, posts.olderCount]
        try parts.part(JudgePart.frame) { (stream) throws(ArchiveDamage) in
            try stream.number(&layout)
            try stream.check(layout == Self.layout, "its layout is \(layout), not \(Self.layout)")
            try stream.word(&key)
            try stream.numbers(&counts, most: 5)
            try stream.check(
                counts.count == 5 && counts.allSatisfy { $0 >= 0 } && counts[0] <= Self.mostHosts
                    && counts[1] <= Self.mostWaiting,
                "it has more than there is room for"
            )
        }
        try parts.list(JudgePart.hosts, &known, count: counts[0], together: 64)
        try parts.list(JudgePart.waiting, &told, count: counts[1], together: 64)
        try parts.list(JudgePart.witnesses, &heard, count: counts[2], together: 64)
        try posts.archive(
            &parts,
            kinds: (JudgePart.newerPosts, JudgePart.olderPosts),
            counts: (counts[3], counts[4])
        )
        try traffic.archive(&parts)
        try detector.archive(&parts)
        guard parts.isReading else { return }
        self.key = key
        hosts = Dictionary(known.map { ($0.name, $0.sight) }) { first, _ in first }
        witnesses = Witnesses(heard)
        waiting = try told.map { line in
            guard let fact = try TrafficFact(line.text) else {
                throw ArchiveDamage("a fact that waits is none")
            }
            return (line.due, line.host, fact)
        }
    }

    /// Fills what is not known here from what this host knows by itself; nothing that is known changes.
    public mutating func learn(from traffic: ListTraffic, _ detector: StormDetector) {
        for address in self.traffic.learn(from: traffic) {
            guard let list = self.traffic.list(at: address),
                self.traffic.address(of: list) == address
            else { continue }
            _ = self.detector.learn(from: detector, list: address, in: list)
        }
        _ = self.detector.drainKindChanges()
    }
}

/// A host that told something.
struct KnownHost: Archived {
    var name = ""
    var sight = HostSight()

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&name)
        try stream.value(&sight)
    }
}

/// A relay's post that waits for the word of the host that made the copies.
struct WaitingFact: Archived {
    var due = Timestamp.distantPast
    var host = ""
    /// As it goes over the wire.
    var text = ""

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.value(&due)
        try stream.text(&host)
        try stream.text(&text)
    }
}
