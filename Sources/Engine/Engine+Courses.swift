// SPDX-License-Identifier: Apache-2.0
//
// What lists and senders do while their breaker is open, counted into their incidents for the report. Lists
// are looked up by their slot; by name each is looked for once. The mistake to avoid: any work for a list
// that is not open, since copies come by the million.

public import Breaker
internal import EventTime
internal import ListTraffic
internal import StormDetection

/// Which slots have an open incident.
struct Watched: Sendable {
    /// Number of the open incident of each list or sender, by name.
    var open: [String: Int64] = [:]
    private var lists: [ListID: Int64] = [:]
    private var senders: [SenderID: Int64] = [:]

    /// Nothing is open.
    init() {}

    /// Goes by what is open on `board`; slots are looked up anew.
    init(_ board: BreakerBoard) {
        for incident in board.incidents where incident.state == .open {
            guard let name = incident.scope.mailName else { continue }
            open[name] = incident.number
        }
    }

    mutating func number(of list: ListID, _ traffic: ListTraffic) -> Int64? {
        let known = lists[list] ?? open[traffic.address(of: list)] ?? 0
        lists[list] = known
        return known > 0 ? known : nil
    }

    mutating func number(of sender: SenderID, _ traffic: ListTraffic) -> Int64? {
        let known =
            senders[sender] ?? open[Subject.sender(traffic.address(of: sender)).name] ?? 0
        senders[sender] = known
        return known > 0 ? known : nil
    }

    mutating func forget(_ list: ListID) { lists[list] = nil }
    mutating func forget(_ sender: SenderID) { senders[sender] = nil }
}

extension Engine {
    /// Looks which lists are open; at rest there is nothing to look at.
    mutating func watchOpen() {
        guard !board.incidents.isEmpty || !watched.open.isEmpty else { return }
        watched = Watched(board)
    }

    /// Counts `event` into the incident of its list or sender, where that is open.
    mutating func noteCourse(_ event: TrafficEvent) {
        switch event {
        case .post(let post):
            note(post.list, .init(posts: 1, announced: post.copies), post.time)
        case .announced(let list, let copies, let time): note(list, .init(announced: copies), time)
        case .sent(let list, let copies, let time): note(list, .init(sent: copies), time)
        case .outward(let sender, let messages, let copies, _, let time):
            guard let number = watched.number(of: sender, traffic) else { return }
            board.note(.init(posts: messages, announced: copies), of: number, at: time)
        case .evicted(let list): watched.forget(list)
        case .senderEvicted(let sender): watched.forget(sender)
        case .returned, .outbound: break
        }
    }

    private mutating func note(_ list: ListID, _ step: IncidentCourse.Step, _ time: Timestamp) {
        guard let number = watched.number(of: list, traffic) else { return }
        board.note(step, of: number, at: time)
    }

    /// Incidents whose course went on since they were saved; saved before ``snapshot`` is, what is read
    /// again after a crash is not counted twice, and nothing is lost.
    public mutating func takeMovedIncidents() -> [Incident] { board.takeMoved() }
}
