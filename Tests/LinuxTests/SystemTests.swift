// SPDX-License-Identifier: Apache-2.0
//
// Errno in words, clocks, bells, locks, threads and queues.

import EventTime
import Glibc
import Linux
import Testing

@Suite struct `Errno in words` {
    @Test(
        arguments: [
            (ENOENT, "no such file or directory (ENOENT)"),
            (EROFS, "read-only file system (EROFS)"),
            (EIO, "input/output error (EIO)"), (ENOTSUP, "operation not supported (EOPNOTSUPP)"),
            (99_999, "error 99999"),
        ] as [(Int32, String)]
    )
    func `with the name of the manual pages`(number: Int32, text: String) {
        #expect("\(Errno(number))" == text)
    }

    @Test func `the same whatever the locale`() {
        let before = unsafe String(cString: setlocale(LC_ALL, nil))
        unsafe setlocale(LC_ALL, "de_DE.UTF-8")
        defer { unsafe setlocale(LC_ALL, before) }
        #expect("\(Errno(EACCES))" == "permission denied (EACCES)")
    }

    @Test func `the last one is that of the call before`() {
        #expect(unsafe open("/nonexistent", O_RDONLY) < 0)
        #expect(Errno.last == Errno(ENOENT))
        let error = FileError("read", "/x", Errno(EACCES))
        #expect("\(error)" == "cannot read '/x': permission denied (EACCES)")
    }
}

@Suite struct Clocks {
    @Test func `clocks agree and go on`() {
        let (first, wall) = (SystemClock.monotonic, Timestamp.now)
        #expect(abs(wall.seconds - SystemClock.seconds) <= 1)
        #expect(abs(Int64(time(nil)) - SystemClock.seconds) <= 1)
        #expect(SystemClock.monotonic >= first)
        #expect(SystemClock.sinceBoot >= SystemClock.monotonic - 1_000_000_000)
    }
}

@Suite struct `Threads and what they share` {
    @Test func `a bell wakes who waits, once`() throws {
        let (bell, answer) = (try Bell(), try Bell())
        let seen = Guarded<[String]>([])
        let code = startThread(named: "bell-test-with-a-long-name") {
            bell.wait()
            let name = (try? WholeFile.read("/proc/thread-self/comm", atMost: 99)) ?? []
            let text = String(decoding: name, as: UTF8.self)
            seen.withLock { $0.append(text) }
            answer.ring()
        }
        #expect(code == 0)
        #expect(seen.withLock { $0.isEmpty })
        bell.ring()
        answer.wait()
        #expect(seen.withLock { $0 } == ["bell-test-with-\n"])
        var place = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&place, 1, 0) == 0)
    }

    @Test func `a thread of ours takes no signal`() throws {
        let done = try Bell()
        let blocked = Guarded(false)
        _ = startThread(named: "signals") {
            var mask = sigset_t()
            unsafe pthread_sigmask(SIG_BLOCK, nil, &mask)
            let isBlocked = unsafe sigismember(&mask, SIGTERM) == 1
            blocked.withLock { $0 = isBlocked }
            done.ring()
        }
        done.wait()
        #expect(blocked.withLock { $0 })
    }

    @Test func `a guarded value is changed by one thread at a time`() throws {
        let count = Guarded(0)
        let done = try (0..<4).map { _ in try Bell() }
        for bell in done {
            _ = startThread(named: "count") {
                for _ in 0..<10_000 { count.withLock { $0 += 1 } }
                bell.ring()
            }
        }
        for bell in done { bell.wait() }
        #expect(count.withLock { $0 } == 40_000)
    }

    private actor Counter {
        private let queue = SerialQueue(name: "linux.test")
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe queue.asUnownedSerialExecutor()
        }
        var seen: [Int] = []
        /// Blocks, as a write to a disk does.
        func add(_ number: Int) {
            usleep(1000)
            seen.append(number)
        }
    }

    @Test func `an actor on a queue of its own does one thing at a time`() async {
        let counter = Counter()
        await withDiscardingTaskGroup { group in
            for number in 0..<20 { group.addTask { await counter.add(number) } }
        }
        #expect(await counter.seen.sorted() == Array(0..<20))
    }

    /// An actor that lives on a thread which also waits for something else.
    private actor Lodger {
        private let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe executor.asUnownedSerialExecutor()
        }
        var seen: [Int] = []
        var threads: Set<UInt> = []
        init(_ executor: ThreadExecutor) { self.executor = executor }
        func add(_ number: Int) {
            seen.append(number)
            threads.insert(UInt(pthread_self()))
        }
    }

    @Test func `an actor on a thread that waits is run by it alone, and the thread ends with it`()
        async throws
    {
        let queue = try JobQueue()
        let ended = try Bell()
        let waits = Guarded(0)
        _ = startThread(named: "lodging") {
            // What a reader does: look, wait when nobody rings, and run what came; then to the end.
            for _ in 0..<200 {
                queue.runJobs()
                queue.beginTurn()
                guard queue.mayWait() else { continue }
                waits.withLock { $0 += 1 }
                var place = pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0)
                let count = unsafe poll(&place, 1, 5)
                queue.waited(isRung: count > 0)
            }
            queue.runToEnd()
            ended.ring()
        }
        do {
            let lodger = Lodger(ThreadExecutor(queue))
            await withDiscardingTaskGroup { group in
                for number in 0..<500 { group.addTask { await lodger.add(number) } }
            }
            let seen = await lodger.seen
            #expect(seen.sorted() == Array(0..<500))
            let threads = await lodger.threads
            #expect(threads.count == 1)
        }
        ended.wait()
        #expect(waits.withLock { $0 } > 0)
    }

    @Test func `a ring before the wait is not lost`() throws {
        let queue = try JobQueue()
        queue.wake()
        #expect(!queue.mayWait())
        queue.beginTurn()
        #expect(queue.mayWait())
        queue.wake()
        var place = pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&place, 1, 0) == 1)
        queue.waited(isRung: true)
        queue.beginTurn()
        #expect(queue.mayWait())
        #expect(unsafe poll(&place, 1, 0) == 0, "and it rings once")
        queue.waited(isRung: false)
    }
}
