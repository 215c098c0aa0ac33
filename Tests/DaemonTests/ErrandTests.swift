// SPDX-License-Identifier: Apache-2.0
//
// Orders of the breaker in the words that the actuator gets.

import Breaker
import HaltWire
import Testing

@testable import Daemon

@Test func `a discard asks for as many messages as are saved in some seconds`() {
    let step = Clearing.Step(
        number: 1,
        action: .discard,
        list: "a@example.org",
        post: nil,
        copies: nil
    )
    let request = HaltOrder(verb: .clear(step), incident: 1).request
    #expect(request.verb == .discard && request.list == "a@example.org")
    // Each is saved first, at 10 ms; an answer is waited for 30 s. One at a time a storm's twenty
    // thousand would take as many requests.
    let seconds = Double(request.limit ?? 0) * 0.010
    #expect((1...10).contains(seconds))
    let release = Clearing.Step(number: 1, action: .release, list: nil, post: nil, copies: 600)
    let given = HaltOrder(verb: .clear(release), incident: 1).request
    #expect(given.limit == nil && given.copies == 600)
}
