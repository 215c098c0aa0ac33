// SPDX-License-Identifier: Apache-2.0
//
// Orders to the actuator, one after another in the order they were given, so that a halt and a
// resume can never overtake each other. The loop does not wait for it: outcomes come back as
// inputs. Nothing is dropped but a further hold while one is waiting already.

internal import Breaker
internal import EventTime
internal import Halt
internal import Threads

/// The road from the loop to the actuator.
final class HaltLane: Sendable {
    private let client: ActuatorClient
    private let stream: AsyncStream<HaltOrder>
    private let feed: AsyncStream<HaltOrder>.Continuation
    /// Holds that wait; a second one would do the same.
    private let waitingHolds = Guarded(0)

    init(client: ActuatorClient) {
        self.client = client
        (stream, feed) = AsyncStream.makeStream(of: HaltOrder.self)
    }

    /// Takes an order; returns at once.
    func submit(_ order: HaltOrder) {
        if order.verb == .rehold {
            let isFirst = waitingHolds.withLock { waiting in
                waiting += 1
                return waiting == 1
            }
            guard isFirst else { return waitingHolds.withLock { $0 -= 1 } }
        }
        feed.yield(order)
    }

    /// Carries orders out until the task is cancelled.
    func run(loop: Loop) async {
        for await order in stream {
            if order.verb == .rehold { waitingHolds.withLock { $0 -= 1 } }
            let outcome = await carryOut(order)
            await loop.take(outcome)
        }
    }

    private func carryOut(_ order: HaltOrder) async -> HaltOutcome {
        do throws(HaltError) {
            let report = try await client.send(order.request)
            return HaltOutcome(order: order, result: report.result(of: order), time: .now)
        } catch {
            return HaltOutcome(order: order, result: .failed(reason: "\(error)"), time: .now)
        }
    }
}

extension HaltOrder {
    /// The order in the actuator's words.
    var request: ActuatorRequest {
        switch verb {
        case .halt: ActuatorRequest(.halt)
        case .rehold: ActuatorRequest(.rehold)
        case .resume(.release): ActuatorRequest(.resume, held: .release)
        case .resume(.keep): ActuatorRequest(.resume, held: .keep)
        }
    }
}

extension HaltReport {
    /// The report in the breaker's words: what counts is how things stand, not that a command ran.
    func result(of order: HaltOrder) -> HaltOutcome.Result {
        let wantsHalt = if case .resume = order.verb { false } else { true }
        guard isHalted == wantsHalt, wantsHalt || errors.isEmpty else {
            let reason = errors.isEmpty ? "mail is \(isHalted ? "still halted" : "not halted")" : ""
            return .failed(reason: reason + errors.joined(separator: "; "))
        }
        let remarks = changed + errors + notes
        return .done(
            held: Int64(wantsHalt ? held : released),
            total: Int64(heldTotal),
            remark: remarks.isEmpty ? nil : remarks.joined(separator: "; ")
        )
    }
}
