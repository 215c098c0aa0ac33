// SPDX-License-Identifier: Apache-2.0
//
// Orders to the actuator, one after another in the order they were given, so that a halt and a
// resume can never overtake each other. Only holds of a list's messages are overtaken, by a halt,
// and both by a stop of the mail server: each may hang where a look through the queue does, and
// the next is ordered because of that. The loop does not wait for any of it: outcomes come back as inputs. Nothing is dropped but
// a further hold while one is waiting already; messages to be held are gathered while they wait,
// so that a burst of lines becomes one command.

internal import Breaker
internal import EventTime
internal import HaltWire
internal import Linux

/// The road from the loop to the actuator.
final class HaltLane: Sendable {
    /// What of a list is known to be in the queue: ids, and senders that only its copies have.
    struct ListMail: Sendable {
        var ids: [String] = []
        var senders: [String] = []
        /// For an order to narrow: every list that the mail server is to stop by itself.
        var lists: [BlockedList] = []
    }

    private enum Errand: Sendable {
        case order(HaltOrder, ListMail)
        /// Tell which lists the mail server is to hold by itself.
        case blocks
    }

    /// What waits: further holds, messages of lists, lists to be blocked.
    private struct Waiting {
        var reholds = 0
        var ids: [String: [String]] = [:]
        var lists: [String: ListMail] = [:]
        var blocks: [BlockedList]?
    }

    /// Messages of one list that may wait.
    ///
    /// Chosen; what is above it is found by the sweep.
    static let mostWaiting = 20_000
    /// Messages in one request.
    static let batch = ActuatorRequest.idLimit
    /// Messages that are discarded in one request.
    ///
    /// Chosen: each is saved first, at 10 ms.
    static let discardBatch = 200

    private let client: ActuatorClient
    private let stream: AsyncStream<Errand>
    private let feed: AsyncStream<Errand>.Continuation
    private let waiting = Guarded(Waiting())

    init(client: ActuatorClient) {
        self.client = client
        (stream, feed) = AsyncStream.makeStream(of: Errand.self)
    }

    /// Takes an order; returns at once.
    ///
    /// `mail` is what is known of the list that a `holdList` is about.
    func submit(_ order: HaltOrder, mail: ListMail = ListMail()) {
        let isFirst = waiting.withLock { waiting in
            switch order.verb {
            case .rehold:
                waiting.reholds += 1
                guard waiting.reholds > 1 else { return true }
                waiting.reholds -= 1
                return false
            case .holdIDs(let list, let ids):
                let isFirst = waiting.ids[list] == nil
                let room = Self.mostWaiting - (waiting.ids[list]?.count ?? 0)
                waiting.ids[list, default: []] += ids.prefix(room)
                return isFirst
            case .holdList(let list), .narrow(let list):
                // Of two that wait the first is carried out, by what is known last; one that is to
                // narrow must not become one that only holds.
                var mail = mail
                if mail.lists.isEmpty { mail.lists = waiting.lists[list]?.lists ?? [] }
                defer { waiting.lists[list] = mail }
                return waiting.lists[list] == nil
            default: return true
            }
        }
        if isFirst { feed.yield(.order(order, mail)) }
    }

    /// Takes the lists that the mail server is to hold by itself, all of them; returns at once.
    func submit(blocks: [BlockedList]) {
        let isFirst = waiting.withLock { waiting in
            defer { waiting.blocks = blocks }
            return waiting.blocks == nil
        }
        if isFirst { feed.yield(.blocks) }
    }

    /// Has saved mail deleted that is older than `time`.
    ///
    /// - Returns: how many messages, and what went wrong.
    func prune(before time: Timestamp) async -> (messages: Int64, errors: [String]) {
        var request = ActuatorRequest(.prune)
        request.before = time.seconds
        do throws(HaltError) {
            let report = try await client.send(request)
            return (Int64(report.pruned ?? 0), report.errors)
        } catch {
            return (0, ["\(error)"])
        }
    }

    /// What would keep mail from being halted, in sentences; nil: nobody says.
    ///
    /// That the actuator cannot be asked is said where an order needs it, and at the start.
    func obstacles() async -> [String]? {
        try? await client.send(ActuatorRequest(.probe)).obstacles
    }

    /// Carries orders out until the task is cancelled.
    func run(loop: Loop) async {
        // What concerns the queue, and what concerns single lists, each in its own order; and the
        // last resort, which waits for nothing.
        var ofQueue: Task<Void, Never>?
        var ofLists: Task<Void, Never>?
        var stop: Task<Void, Never>?
        defer { for task in [ofQueue, ofLists, stop] { task?.cancel() } }
        for await errand in stream {
            guard case .order(let order, let mail) = errand, !order.isOfList else {
                ofLists = Task { [before = ofLists] in
                    await before?.value
                    await self.carryOut(ofList: errand, loop)
                }
                continue
            }
            if order.verb == .stop {
                stop = Task { await loop.take(await self.carryOut(order, mail)) }
                continue
            }
            ofQueue = Task { [before = ofQueue, ofLists, stop] in
                await before?.value
                switch order.verb {
                case .resume, .clear:
                    // What is to go out, or to be thrown away, must have been noted as the list's.
                    await ofLists?.value
                    await stop?.value
                case .rehold: self.waiting.withLock { $0.reholds -= 1 }
                default: break
                }
                if case .clear(let step) = order.verb, step.passes {
                    await loop.take(await self.letPass(order, loop))
                } else {
                    await loop.take(await self.carryOut(order, mail))
                }
            }
        }
    }

    /// Lets a batch of one post go while its list is stopped: told apart first, then made known, so that
    /// no copy of it is taken for a leak, then released.
    private func letPass(_ order: HaltOrder, _ loop: Loop) async -> HaltOutcome {
        var request = order.request
        request.verb = .pass
        do throws(HaltError) {
            let marked = try await client.send(request)
            let ids = marked.passing ?? []
            guard !ids.isEmpty else {
                return HaltOutcome(order: order, result: marked.result(of: order), time: .now)
            }
            await loop.take(passing: ids)
            var report = try await client.send(ActuatorRequest(.release, ids: ids))
            report.left += marked.left
            report.notes += marked.notes
            report.errors += marked.errors
            return HaltOutcome(order: order, result: report.result(of: order), time: .now)
        } catch {
            return HaltOutcome(order: order, result: .failed(reason: "\(error)"), time: .now)
        }
    }

    private func carryOut(ofList errand: Errand, _ loop: Loop) async {
        guard case .order(let order, _) = errand else { return await sayBlocks(to: loop) }
        switch order.verb {
        case .holdIDs(let list, _):
            let ids = waiting.withLock { $0.ids.removeValue(forKey: list) } ?? []
            await loop.take(await hold(list, ListMail(ids: ids), order, loop))
        case .holdList(let list), .narrow(let list):
            let mail = waiting.withLock { $0.lists.removeValue(forKey: list) } ?? ListMail()
            await loop.take(await hold(list, mail, order, loop))
        default: break
        }
    }

    private func sayBlocks(to loop: Loop) async {
        var request = ActuatorRequest(.blockLists)
        request.lists = waiting.withLock { waiting in
            defer { waiting.blocks = nil }
            return waiting.blocks ?? []
        }
        do throws(HaltError) {
            let report = try await client.send(request)
            await loop.take(
                blocked: report.blocked,
                canNarrow: report.narrows,
                looks: report.looks,
                total: Int64(report.heldTotal),
                errors: report.errors
            )
        } catch {
            await loop.take(blocked: [], canNarrow: nil, errors: ["\(error)"])
        }
    }

    private func carryOut(_ order: HaltOrder, _ mail: ListMail) async -> HaltOutcome {
        do throws(HaltError) {
            if case .clear(let step) = order.verb, let list = step.apart {
                try await tellApart(list, mail)
            }
            let report = try await client.send(order.request)
            let isHalt = order.verb == .halt || order.verb == .rehold
            return HaltOutcome(
                order: order,
                result: report.result(of: order),
                time: .now,
                problem: isHalt && report.isHalted && !report.errors.isEmpty
                    ? report.errors.joined(separator: "; ") : nil,
                undecided: order.isClearing ? report.undecided.map { Int64($0) } : nil
            )
        } catch {
            return HaltOutcome(order: order, result: .failed(reason: "\(error)"), time: .now)
        }
    }

    /// Has what is held of `list` known for the list's, before what is nobody's goes out.
    ///
    /// - Throws: ``HaltError`` when it could not be told; then nothing goes.
    private func tellApart(_ list: String, _ mail: ListMail) async throws(HaltError) {
        guard !mail.senders.isEmpty else { return }
        var look = ActuatorRequest(.holdList, list: list)
        look.senders = mail.senders
        let told = try await client.send(look)
        guard !told.errors.isEmpty else { return }
        throw HaltError(
            code: .failed,
            operation: "tell the mail of \(list) from the rest",
            path: "",
            reason: told.errors.joined(separator: "; "),
            next: "all of it stays on hold"
        )
    }

    /// First the whole of its mail, where that is the order; then what is known by id, which takes milliseconds; then a look through the queue.
    private func hold(
        _ list: String,
        _ mail: ListMail,
        _ order: HaltOrder,
        _ loop: Loop
    ) async -> HaltOutcome {
        var requests: [ActuatorRequest] = []
        if !mail.lists.isEmpty {
            var narrow = ActuatorRequest(.narrow)
            narrow.lists = mail.lists
            requests.append(narrow)
        }
        var rest = mail.ids[...]
        while !rest.isEmpty {
            requests.append(
                ActuatorRequest(.holdIDs, ids: Array(rest.prefix(Self.batch)), list: list)
            )
            rest = rest.dropFirst(Self.batch)
        }
        if !mail.senders.isEmpty {
            var sweep = ActuatorRequest(.holdList, list: list)
            sweep.senders = mail.senders
            requests.append(sweep)
        }
        // Nothing is known of it: how things stand is still to be said.
        if requests.isEmpty { requests.append(ActuatorRequest(.status)) }
        var held: Int64 = 0
        var looks: [HoldLook] = []
        var last = HaltOutcome.Result.done(held: 0, total: 0, remark: nil)
        var first: Timestamp?
        var failure: String?
        for request in requests {
            do throws(HaltError) {
                let report = try await client.send(request)
                // Known before the hold is taken for done: from then on copies are leaks.
                if let passing = report.passing { await loop.take(passing: passing) }
                last = report.result(of: order)
                looks += report.looks
                if request.verb == .narrow, report.errors.isEmpty, !report.blocked.contains(list) {
                    last = .failed(reason: "the mail server did not take the list's address")
                }
            } catch {
                last = .failed(reason: "\(error)")
            }
            first = first ?? .now
            if case .failed(let reason) = last, request.verb == .narrow, order.incident == 0 {
                // A soft hold goes on by name; it never halts anybody else's mail.
                failure = reason
                continue
            }
            guard case .done(let count, let total, let remark, _, _) = last else { break }
            held += count
            last = .done(held: held, total: total, remark: remark ?? failure)
        }
        return HaltOutcome(order: order, result: last, time: first ?? .now, looks: looks)
    }
}
