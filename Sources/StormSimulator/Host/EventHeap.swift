// SPDX-License-Identifier: Apache-2.0
//
// Binary heaps by time; what comes in first of the same moment goes out first.

internal import EventTime

/// A binary heap of things with a time.
struct EventHeap<Element: Sendable>: Sendable {
    private var items: [(time: Timestamp, order: Int, element: Element)] = []
    private var order = 0

    init() {}

    var isEmpty: Bool { items.isEmpty }

    /// Time of the first.
    var nextTime: Timestamp? { items.first?.time }

    mutating func push(_ element: Element, at time: Timestamp) {
        order += 1
        items.append((time, order, element))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (time: Timestamp, element: Element)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            sink()
        }
        return (first.time, first.element)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
                if isBefore(child, least) { least = child }
            }
            guard least != parent else { return }
            items.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (items[left].time, items[left].order) < (items[right].time, items[right].order)
    }
}

/// Posts that will still breed answers, earliest first.
struct PostHeap {
    private var heap = EventHeap<SimulatedPost>()
    init() {}
    mutating func push(_ post: SimulatedPost) { heap.push(post, at: post.time) }
    mutating func pop() -> SimulatedPost? { heap.pop()?.element }
}
