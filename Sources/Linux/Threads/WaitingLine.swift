// SPDX-License-Identifier: Apache-2.0
//
// What waits for a thread of ours to take it. As many threads wake as there are things to do.

/// Things in the order in which they came; O(1) for each on average.
final class WaitingLine<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element] = []
        var next = 0
    }

    private let state = Guarded(State())
    private let arrived = Semaphore()

    /// Adds one; returns at once.
    func add(_ element: Element) {
        state.withLock { state in state.elements.append(element) }
        arrived.signal()
    }

    /// Blocks until there is one, and takes it out.
    func take() -> Element {
        // One signal, one element: there is one, whoever took the others.
        arrived.wait()
        return state.withLock { state in
            let taken = state.elements[state.next]
            state.next += 1
            // What was taken is thrown away when it is the greater part.
            if state.next * 2 > state.elements.count {
                state.elements.removeFirst(state.next)
                state.next = 0
            }
            return taken
        }
    }
}
