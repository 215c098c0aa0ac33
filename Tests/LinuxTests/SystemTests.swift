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
        private let queue = SerialQueue(label: "linux.test")
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
}
