// SPDX-License-Identifier: Apache-2.0
//
// The breaker's orders in the actuator's words, and its reports in the breaker's.

internal import Breaker
internal import EventTime
internal import HaltWire
internal import StormDetection

extension HaltOrder {
    /// Whether it holds one list's messages.
    var isOfList: Bool {
        switch verb {
        case .holdIDs, .holdList, .narrow: true
        default: false
        }
    }

    /// Whether it gives back or discards held mail.
    var isClearing: Bool { if case .clear = verb { true } else { false } }

    /// The order in the actuator's words.
    var request: ActuatorRequest {
        switch verb {
        case .halt: return ActuatorRequest(.halt)
        case .rehold: return ActuatorRequest(.rehold)
        case .resume(.keep): return ActuatorRequest(.resume, held: .keep)
        case .resume: return ActuatorRequest(.resume, held: .release)
        case .holdIDs(let list, let ids): return ActuatorRequest(.holdIDs, ids: ids, list: list)
        case .holdList(let list): return ActuatorRequest(.holdList, list: list)
        case .narrow: return ActuatorRequest(.narrow)
        case .clear(let step):
            var request = ActuatorRequest(
                step.action == .release ? .release : .discard,
                list: step.list,
                post: step.post
            )
            request.copies = step.copies.map { Int(clamping: $0) }
            request.before = (step.spares ?? step.asksUntil)?.seconds
            request.sparesUndecided = step.sparesUndecided
            if step.action == .discard { request.limit = HaltLane.discardBatch }
            return request
        case .stop: return ActuatorRequest(.stop)
        }
    }
}

extension HaltReport {
    /// What the looks through the queue found, in the breaker's words.
    var looks: [HoldLook] {
        (taken ?? []).map { look in
            HoldLook(
                Subject(look.list),
                began: Timestamp(microseconds: look.at),
                held: Int64(look.held),
                later: Int64(look.later)
            )
        }
    }

    /// The report in the breaker's words: what counts is how things stand, not that a command ran.
    func result(of order: HaltOrder) -> HaltOutcome.Result {
        switch order.verb {
        case .halt, .rehold: return result(wantsHalt: true)
        case .resume: return result(wantsHalt: false)
        case .holdList, .holdIDs, .narrow, .stop:
            return errors.isEmpty ? done(held) : .failed(reason: errors.joined(separator: "; "))
        case .clear:
            let count = released + discarded
            // A batch of which some could be done goes on with the rest.
            return errors.isEmpty || count > 0
                ? done(count) : .failed(reason: errors.joined(separator: "; "))
        }
    }

    private func result(wantsHalt: Bool) -> HaltOutcome.Result {
        guard isHalted == wantsHalt, wantsHalt || errors.isEmpty else {
            let reason = errors.isEmpty ? "mail is \(isHalted ? "still halted" : "not halted")" : ""
            return .failed(reason: reason + errors.joined(separator: "; "))
        }
        return done(wantsHalt ? held : released)
    }

    private func done(_ count: Int) -> HaltOutcome.Result {
        let remarks = changed + errors + notes
        return .done(
            held: Int64(count),
            total: Int64(heldTotal),
            remark: remarks.isEmpty ? nil : remarks.joined(separator: "; "),
            copies: Int64(copies),
            left: Int64(left)
        )
    }
}
