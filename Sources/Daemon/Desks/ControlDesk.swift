// SPDX-License-Identifier: Apache-2.0
//
// Requests of people, turned into inputs of the engine or questions to the loop. Rights were
// checked by Control already; here is only meaning. Every change carries who asked.

internal import Breaker
internal import Control
internal import Engine
internal import EventTime
internal import FoundationEssentials
internal import HaltWire
internal import Linux
internal import LocalSocket
internal import Paging
internal import Reports
internal import Store
internal import StormDetection
internal import Words

/// Answers control requests.
struct ControlDesk: Sendable {
    /// Incidents that one `incidents` answer lists.
    ///
    /// Chosen: a page or two of a terminal.
    static let mostIncidents = 100
    /// Moments of their timelines in that answer, newest incidents first.
    ///
    /// Chosen: some 4 MB at most; an answer has room for 16.
    static let mostMoments = 10_000

    var loop: Loop
    var client: ActuatorClient
    var store: Store
    var pager: Pager
    var log: OwnLog
    var secrets: Secrets

    /// The answer to `request`, asked by `peer`.
    func answer(_ request: ControlRequest, _ peer: Peer) async -> ControlResponse {
        let audit = Audit(
            uid: peer.uid,
            time: .now,
            reason: request.reason ?? "",
            // Only what changes something is kept with a name; a scraper asks each second.
            name: request.verb.isChange ? Account.name(of: peer.uid, login: request.login) : nil
        )
        switch request.verb {
        case .status: return await status(request)
        case .fleet: return body(await loop.fleetStatus(history: request.limit))
        case .explain: return await explain(request)
        case .audit: return body(await audited(limit: request.limit ?? Self.mostAudited))
        case .incidents: return await incidents(request.incident)
        case .metrics:
            let report = await loop.status(limit: Metrics.mostLists)
            return .done(
                Metrics.text(
                    of: report,
                    fleet: await loop.fleetStatus(),
                    form: request.isOpenMetrics == true ? .openMetrics : .prometheus
                )
            )
        case .version: return .done(Version.text)
        case .trip:
            guard let scope = request.scope else { return noScope }
            return await command(.trip(scope), audit, isNew: request.isNew ?? false)
        case .reset:
            guard let scope = request.scope else { return noScope }
            return await command(.reset(scope, held: request.held, rate: request.rate), audit)
        case .held:
            return request.isSaved == true
                ? await savedPosts(request.post) : await heldPosts(request.list)
        case .releaseHeld: return await clear(.release, request, audit)
        case .discardHeld: return await clear(.discard, request, audit)
        case .restoreHeld: return await restore(request.post ?? "", audit)
        case .acknowledge:
            let incident: Int64
            do throws(Engine.Refusal) {
                incident = try await loop.incident(
                    named: request.list ?? "\(request.incident ?? 0)"
                )
            } catch {
                return respond(error.answer)
            }
            await pager.acknowledge(incident: incident)
            return await command(.acknowledge(incident), audit)
        case .arm: return await command(.setMode(.armed), audit)
        case .observe: return await command(.setMode(.observe), audit)
        case .page: return await testPage(request.target)
        case .holdOff:
            guard let list = request.list?.lowercased(), let seconds = request.seconds else {
                return .refused(ControlCode.usage, "hold-off needs a list and --for")
            }
            let command = Command.holdOff(Subject(list), span: .seconds(seconds))
            return await self.command(command, audit, isNew: request.isNew ?? false)
        case .kind:
            guard let list = request.list?.lowercased(), let word = request.kind else {
                return .refused(ControlCode.usage, "kind needs a list and a kind")
            }
            let command = Command.kind(Subject(list), word.kind)
            return await self.command(command, audit, isNew: request.isNew ?? false)
        case .learn: return respond(await loop.learn(by: audit))
        case .expect:
            guard let list = request.list, let copies = request.copies, let until = request.until
            else {
                return .refused(
                    ControlCode.usage,
                    "expect needs a list, --copies and --until"
                )
            }
            return respond(
                await loop.take(
                    .expect(list: list, copies: copies, until: until, by: audit),
                    isNew: request.isNew ?? false
                )
            )
        }
    }

    private var noScope: ControlResponse {
        .refused(ControlCode.usage, "name a list, or --queue for the whole outbound queue")
    }

    private func command(
        _ command: Command,
        _ audit: Audit,
        isNew: Bool = false
    ) async -> ControlResponse {
        respond(await loop.take(.command(command, by: audit), isNew: isNew))
    }

    func respond(_ answer: CommandAnswer) -> ControlResponse {
        ControlResponse(
            ok: answer.code == 0,
            code: answer.code,
            message: answer.message,
            body: nil
        )
    }

    private func status(_ request: ControlRequest) async -> ControlResponse {
        guard let list = request.list else {
            return body(await loop.status(limit: request.limit ?? Engine.mostListed))
        }
        do throws(Engine.Refusal) {
            guard let report = try await loop.status(named: list) else {
                return .refused(ControlCode.failed, "nothing is known of '\(shown(list))' yet")
            }
            return body(report)
        } catch {
            return respond(error.answer)
        }
    }

    private func explain(_ request: ControlRequest) async -> ControlResponse {
        if let number = request.incident {
            do throws(StoreError) {
                guard let incident = try store.incident(number) else {
                    return .refused(
                        ControlCode.failed,
                        "there is no incident \(number)\(try newest())"
                    )
                }
                return body(ExplainReport(incident: incident))
            } catch {
                return .refused(ControlCode.failed, "\(error)")
            }
        }
        guard let list = request.list else { return noScope }
        do throws(Engine.Refusal) {
            guard let report = try await loop.explain(list) else {
                return .refused(ControlCode.failed, "nothing is known of '\(shown(list))' yet")
            }
            return body(report)
        } catch {
            return respond(error.answer)
        }
    }

    /// Such as `; the newest are 7, 6, 5`; empty where there are none.
    private func newest() throws(StoreError) -> String {
        let numbers = try store.incidents(limit: 3).map { "\($0.number)" }
        return numbers.isEmpty
            ? "; there was none yet" : "; the newest are \(numbers.joined(separator: ", "))"
    }

    /// The latest incidents with their timelines, as far as there is room; or one.
    private func incidents(_ number: Int64?) async -> ControlResponse {
        do throws(StoreError) {
            let found =
                if let number { try store.incident(number).map { [$0] } ?? [] } else {
                    try store.incidents(limit: Self.mostIncidents)
                }
            if let number, found.isEmpty {
                return .refused(ControlCode.failed, "there is no incident \(number)")
            }
            var room = Self.mostMoments
            var reports = await loop.status(of: found)
            for (place, incident) in found.enumerated() where room > 0 {
                let timeline = try store.timeline(of: incident.number)
                reports[place].timeline = timeline.prefix(room).map(\.status)
                room -= timeline.count
            }
            return body(reports)
        } catch {
            return .refused(ControlCode.failed, "\(error)")
        }
    }

    private func testPage(_ target: String?) async -> ControlResponse {
        // By an old secret it would prove nothing.
        if let change = secrets.change {
            return .refused(ControlCode.failed, "no trial page was sent: \(change)")
        }
        let results = await pager.test(
            target: target,
            isObserve: await loop.status(limit: 0).mode == .known(.observe)
        )
        guard !results.isEmpty else {
            return .refused(
                ControlCode.configuration,
                target.map { "no alert target '\($0)' is configured" }
                    ?? "no alert target is configured: pages go nowhere; see [Alert NAME]"
            )
        }
        let failed = results.filter { !$0.isDelivered }
        let lines = results.map {
            "\($0.target): \($0.result.words) \($0.result.output.suffix(3).joined(separator: " / "))"
        }
        return ControlResponse(
            ok: failed.isEmpty,
            code: failed.isEmpty ? ControlCode.done : ControlCode.failed,
            message: lines.joined(separator: "\n")
        )
    }

    func body(_ value: some Encodable) -> ControlResponse {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(value), as: UTF8.self)
            return .done("", body: text)
        } catch {
            return .refused(ControlCode.failed, "the answer could not be written: \(error)")
        }
    }
}

extension ControlRequest {
    /// What a trip or reset is about; nil when neither a list nor the queue is named.
    fileprivate var scope: Subject? {
        isQueue ? .queue : list.map { Subject($0.lowercased()) }
    }
}
