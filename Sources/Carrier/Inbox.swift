// SPDX-License-Identifier: Apache-2.0
//
// What the brokers handed over and the daemon has not got yet. Three brokers say everything three times,
// and again each minute; it goes to the daemon once. Trips, resets and the like go before facts, however many
// of those there are.

internal import Fleet
internal import FleetLink
internal import Glibc
internal import Linux

/// Blocks the calling thread for so long.
func pause(microseconds: UInt32) { usleep(microseconds) }

/// Records on their way to the daemon.
final class Inbox: Sendable {
    /// Records that may wait, beside facts.
    private static let most = 20_000
    /// Records that are remembered as handed over; past it all are forgotten, and handed over again.
    private static let mostKnown = 60_000
    /// Hosts that are remembered as being there.
    private static let mostHosts = 10_000
    /// What cannot be read is said this often in all.
    private static let mostComplaints = 100

    private struct State {
        var waiting: [LinkRecord] = []
        var facts = FactShelf()
        var known: Set<LinkRecord> = []
        /// Brokers that say that a host is there, by host.
        var hosts: [String: Set<BrokerAddress>] = [:]
        /// Those of them that say that they judge.
        var judges: Set<String> = []
        var complaints = 0
    }

    private let state = Guarded(State())
    private let bell: Bell

    init() throws(LinkError) {
        do throws(Errno) {
            bell = try Bell()
        } catch {
            throw LinkError("cannot make an eventfd: \(error)")
        }
    }

    /// Hosts that some broker says are there.
    var hosts: [String] { state.withLock { Array($0.hosts.keys) } }

    /// Those of ``hosts`` that judge.
    var judges: [String] { state.withLock { Array($0.judges) } }

    /// Batches of facts that found no room.
    var lost: Int64 { state.withLock { $0.facts.lost } }

    /// Takes a message of a broker; called on its thread.
    func hear(
        _ topic: String,
        _ bytes: [UInt8],
        from broker: BrokerAddress,
        _ say: (Int, String) -> Void
    ) {
        if case .host(let name) = FleetTopic(topic) { return note(name, bytes, broker) }
        // A topic that is no longer kept.
        guard !bytes.isEmpty else { return }
        if case .facts = FleetTopic(topic) { return take(facts: bytes, under: topic) }
        if case .paged = FleetTopic(topic) {
            let mark = PageMark(String(decoding: bytes, as: UTF8.self))
            return take(LinkRecord(topic: topic, text: mark.text))
        }
        do throws(RecordRefusal) {
            if case .mode = FleetTopic(topic) {
                return take(LinkRecord(topic: topic, text: try ModeReport(bytes).text))
            }
            let record = try FleetRecord(topic: topic, bytes)
            let line = LinkRecord(topic: record.topic.text, text: record.text)
            take(line)
        } catch {
            let isSaid = state.withLock { state in
                state.complaints += 1
                return state.complaints <= Self.mostComplaints
            }
            // The topic is a stranger's text.
            let name = FleetTopic(topic)?.text ?? "a topic that is none of ours"
            if isSaid { say(4, "\(broker.text): \(name): \(error); it is passed over") }
        }
    }

    /// Keeps `line` for the daemon, once.
    private func take(_ line: LinkRecord) {
        let isNew = state.withLock { state in
            guard state.waiting.count < Self.most, !state.known.contains(line) else {
                return false
            }
            if state.known.count >= Self.mostKnown { state.known.removeAll() }
            state.known.insert(line)
            state.waiting.append(line)
            return true
        }
        if isNew { bell.ring() }
    }

    /// Facts are read by the daemon, which knows which it has.
    private func take(facts bytes: [UInt8], under topic: String) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let record = LinkRecord(topic: topic, text: text)
        if state.withLock({ $0.facts.add(record) }) { bell.ring() }
    }

    private func note(_ host: String, _ bytes: [UInt8], _ broker: BrokerAddress) {
        state.withLock { state in
            if bytes == Presence.here || bytes == Presence.judging {
                guard state.hosts.count < Self.mostHosts || state.hosts[host] != nil else { return }
                state.hosts[host, default: []].insert(broker)
                if bytes == Presence.judging {
                    state.judges.insert(host)
                } else {
                    state.judges.remove(host)
                }
            } else {
                state.hosts[host]?.remove(broker)
                guard state.hosts[host]?.isEmpty == true else { return }
                state.hosts[host] = nil
                state.judges.remove(host)
            }
        }
    }

    /// The daemon is another one: what it was handed before counts no longer.
    func forget() {
        state.withLock { state in
            state.known = Set(state.waiting)
        }
    }

    /// Hands over what comes, for ever; on a thread of its own.
    func handOver(to client: LinkClient, _ say: (Int, String) -> Void) {
        while true {
            let (records, facts) = state.withLock { state in
                let records = Array(state.waiting.prefix(LinkRequest.mostRecords))
                return (records, state.facts.first(LinkRequest.mostRecords - records.count))
            }
            guard !records.isEmpty || !facts.isEmpty else {
                bell.wait()
                continue
            }
            do throws(LinkError) {
                let answer = try client.ask(LinkRequest(.take, records: records + facts))
                for reason in answer.refused ?? [] { say(4, "the daemon did not take \(reason)") }
                state.withLock { state in
                    state.waiting.removeFirst(records.count)
                    state.facts.remove(facts.count)
                }
            } catch {
                // The thread that asks says it.
                pause(microseconds: 100_000)
            }
        }
    }
}

/// What a host says of itself under its topic.
enum Presence {
    static let here = Array("listbreaker-host 1\nstate: here\n".utf8)
    /// It judges what others see.
    static let judging = Array("listbreaker-host 1\nstate: here\njudge: yes\n".utf8)
    static let gone = Array("listbreaker-host 1\nstate: gone\n".utf8)
}
