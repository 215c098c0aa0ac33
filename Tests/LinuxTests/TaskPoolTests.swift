// SPDX-License-Identifier: Apache-2.0
//
// Tasks on threads of ours: each runs once, on one of them, and no thread of Dispatch is there that wakes by
// itself. In processes of their own, since a pool is taken over for good.

import EventTime
import Glibc
import Testing

@testable import Linux

struct TaskPoolTests {
    private actor Counter {
        private(set) var count = 0
        func add() { count += 1 }
    }

    /// The name of the calling thread, as ps(1) shows it.
    private static var threadName: String {
        let name = (try? WholeFile.read("/proc/thread-self/comm", atMost: 64)) ?? []
        return String(decoding: name.prefix { $0 != 10 }, as: UTF8.self)
    }

    @Test func `tasks and actors run on threads of ours, each job once`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            TaskPool.takeOver()
            let counter = Counter()
            let isDone = Semaphore()
            let foreign = Guarded<Set<String>>([])
            for number in 0..<2000 {
                Task.detached {
                    let name = TaskPoolTests.threadName
                    if name != "lb-tasks" { _ = foreign.withLock { $0.insert(name) } }
                    if number % 4 == 0 { await Alarm.wait(for: TimeSpan(microseconds: 1000)) }
                    await counter.add()
                    isDone.signal()
                }
            }
            for _ in 0..<2000 { isDone.wait() }
            let isOver = Semaphore()
            Task.detached {
                guard await counter.count == 2000 else { exit(2) }
                isOver.signal()
            }
            isOver.wait()
            exit(foreign.withLock { $0.isEmpty } ? 0 : 3)
        }
    }

    @Test func `the pool and the alarm wake nobody while nothing is due`() async throws {
        await #expect(processExitsWith: .exitCode(0)) {
            TaskPool.takeOver()
            Task.detached {
                await Alarm.wait(for: TimeSpan(microseconds: 1000))
                await Alarm.wait(for: .minutes(10))
            }
            usleep(300_000)
            /// Voluntary changes of context of the threads of ours.
            func wakes() -> Int {
                var sum = 0
                for thread in (try? Folder.names(in: "/proc/self/task")) ?? [] {
                    let folder = "/proc/self/task/\(thread)"
                    let name = (try? WholeFile.read("\(folder)/comm", atMost: 64)) ?? []
                    guard name.starts(with: "lb-".utf8) else { continue }
                    let status = (try? WholeFile.read("\(folder)/status", atMost: 1 << 16)) ?? []
                    for line in String(decoding: status, as: UTF8.self).split(separator: "\n")
                    where line.hasPrefix("voluntary_ctxt_switches:") {
                        sum += line.split(separator: "\t").last.flatMap { Int($0) } ?? 0
                    }
                }
                return sum
            }
            let before = wakes()
            usleep(1_500_000)
            exit(before > 0 && wakes() == before ? 0 : 2)
        }
    }

    @Test func `a wait ends when its time is over, and not before`() async {
        let start = SystemClock.monotonic
        await withDiscardingTaskGroup { group in
            for milliseconds in [40, 10, 30, 20] as [Int64] {
                group.addTask {
                    await Alarm.wait(for: TimeSpan(microseconds: milliseconds * 1000))
                    #expect(SystemClock.monotonic - start >= milliseconds * 1_000_000)
                }
            }
        }
    }

    @Test func `a wait ends at once when its task is cancelled, whenever that is`() async {
        let start = SystemClock.monotonic
        for delay in 0..<50 {
            let task = Task { await Alarm.wait(for: .minutes(10)) }
            if delay > 0 { usleep(UInt32(delay * 10)) }
            task.cancel()
            await task.value
        }
        #expect(SystemClock.monotonic - start < 60_000_000_000)
    }

    @Test func `work is done in order, and what was given is done when the queue goes`() async {
        let seen = Guarded<[Int]>([])
        let isDone = Semaphore()
        do {
            let queue = WorkQueue(name: "linux-test")
            for number in 0..<100 { queue.async { seen.withLock { $0.append(number) } } }
            queue.sync { seen.withLock { $0.append(100) } }
            #expect(seen.withLock { $0 } == Array(0...100))
            queue.async {
                usleep(20_000)
                isDone.signal()
            }
        }
        isDone.wait()
    }
}
