// SPDX-License-Identifier: Apache-2.0
//
// When the actuator is told which lists the mail server itself holds.

import Engine
import EventTime
import HaltWire
import Testing

@testable import Daemon

@Suite struct BlockWishTests {
    private let start = Timestamp(seconds: 1000)

    @Test func `nobody is bothered while nothing is held`() {
        var wish = BlockWish()
        #expect(!wish.isDue([], at: start))
        #expect(wish.isDue(["a@x"], at: start) && !wish.lifts(["a@x"]))
        wish.say(["a@x"], at: start, again: .seconds(30))
        #expect(!wish.isDue(["a@x"], at: start + .seconds(29)))
        #expect(wish.isDue(["a@x"], at: start + .seconds(30)), "what Postfix held is taken in")
    }

    @Test func `what an earlier daemon left is lifted, and looked after for an hour`() {
        var wish = BlockWish(said: ["a@x", "b@x"])
        #expect(wish.lifts(["b@x"]) && wish.isDue(["b@x"], at: start))
        wish.say(["b@x"], at: start, again: .seconds(30))
        wish.say([], at: start + .seconds(5), again: .seconds(30))
        #expect(!wish.lifts([]) && !wish.isDue([], at: start + .seconds(34)))
        #expect(wish.isDue([], at: start + .seconds(35)))
        #expect(!wish.isDue([], at: start + .hours(1) + .seconds(5)))
    }
}

@Test func `the engine knows the reason that the tables give`() {
    #expect(Engine.holdReason == Array(ListBlock.reason.utf8))
}
