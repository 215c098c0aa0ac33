// SPDX-License-Identifier: Apache-2.0
//
// Children: what they get, what of theirs is kept, how they end. Scripts of sh(1) stand for
// programs that misbehave.

import Glibc
import Linux
import TestSupport
import Testing

private func sh(_ script: String) -> ChildCommand { ChildCommand("/bin/sh", ["-c", script]) }

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

private func isGone(_ pid: pid_t) -> Bool { kill(pid, 0) != 0 && errno == ESRCH }

private var openDescriptors: Int { ((try? Folder.names(in: "/proc/self/fd")) ?? []).count }

@Suite struct `What a child gets` {
    @Test func `input goes in, output comes out, and an exit status is a value`() throws {
        var command = sh("cat; echo no >&2; exit 3")
        command.input = .bytes([UInt8](repeating: UInt8(ascii: "x"), count: 300_000))
        let outcome = try command.run(within: .seconds(20))
        #expect(outcome.end.code == 3)
        #expect(outcome.end.signal == nil)
        #expect(outcome.output.count == 300_000)
        #expect(text(outcome.messages) == "no\n")
    }

    @Test func `nothing of our environment, our signals and our files is passed on`() throws {
        unsafe setenv("LISTBREAKER_SECRET", "1", 1)
        // Not closed on exec: a library's, say.
        let file = unsafe open("/dev/null", O_RDONLY)
        defer { close(file) }
        let outcome = try sh(
            "env; ls /proc/self/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status"
        ).run(within: .seconds(20))
        let lines = text(outcome.output).split(separator: "\n").map(String.init)
        let names = Set(lines.filter { $0.contains("=") }.map { $0.prefix { $0 != "=" } })
        #expect(names.isSubset(of: ["PATH", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"]))
        // 3 is the folder that ls reads.
        #expect(lines.filter { Int($0) != nil } == ["0", "1", "2", "3"])
        // glibc's own signals, 32 and 33, are always ignored after posix_spawn(3).
        #expect(
            lines.suffix(2) == ["SigBlk:\t0000000000000000", "SigIgn:\t0000000180000000"]
        )
    }

    @Test func `it runs where it is told to`() throws {
        var command = ChildCommand("/bin/pwd")
        command.directory = "/usr"
        #expect(text(try command.run(within: .seconds(20)).output) == "/usr\n")
    }

    @Test func `files stand in for input and for both outputs`() throws {
        let scratch = try Scratch()
        let file = unsafe open("\(scratch.path)/file", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        #expect(WholeFile.write(file, Array("given\n".utf8)))
        lseek(file, 0, SEEK_SET)
        var command = sh("read word; echo $word $word; echo said >&2")
        command.input = .descriptor(file)
        command.output = .descriptor(file)
        command.messages = .descriptor(file)
        let outcome = try command.run(within: .seconds(20))
        #expect(outcome.output.isEmpty && outcome.messages.isEmpty)
        #expect(
            text(try WholeFile.read("\(scratch.path)/file", atMost: 99) ?? [])
                == "given\ngiven given\nsaid\n"
        )
    }

    @Test func `a caller without standard input and output has children with them`() async {
        await #expect(processExitsWith: .success) {
            close(0)
            close(1)
            close(2)
            var command = ChildCommand("/bin/sh", ["-c", "cat; echo out; echo err >&2"])
            command.input = .bytes(Array("in\n".utf8))
            let outcome = try? command.run(within: .seconds(20))
            let isRight =
                outcome?.output == Array("in\nout\n".utf8)
                && outcome?.messages == Array("err\n".utf8)
            exit(isRight ? 0 : 1)
        }
    }

    @Test func `what cannot be started says why, and keeps nothing open`() async {
        await #expect(processExitsWith: .success) {
            func why(_ path: String) -> Errno? {
                do throws(Errno) { _ = try ChildCommand(path).run(within: .seconds(5)) } catch {
                    return error
                }
                return nil
            }
            // What the runtime opens for itself, at its first use or a second later, is not ours: a
            // descriptor that each attempt left open would be fifty.
            let missing = why("/nonexistent/program")
            let before = openDescriptors
            let folder = why("/etc")
            guard missing == Errno(ENOENT) else { exit(1) }
            guard folder == Errno(EACCES) else { exit(2) }
            for _ in 0..<25 { _ = (why("/etc"), why("/nonexistent/program")) }
            guard openDescriptors < before + 25 else { exit(3) }
        }
    }

    @Test func `programs are found along the clean path only`() {
        #expect(ChildCommand(named: "sh")?.path.hasSuffix("/sh") == true)
        #expect(ChildCommand(named: "no-such-program") == nil)
        #expect(ChildCommand("/bin/sh").exists && !ChildCommand("/nonexistent").exists)
    }
}

@Suite struct `What a child says` {
    @Test func `output is kept up to its limit and the child runs on`() throws {
        var command = sh("head -c 5000000 /dev/zero; echo last >&2; exit 4")
        command.outputLimit = 1000
        let outcome = try command.run(within: .seconds(20))
        #expect(outcome.end.code == 4)
        #expect(outcome.output.count == 1000)
        #expect(text(outcome.messages) == "last\n")
    }

    @Test func `a reader gets it as it comes, and may have had enough`() throws {
        var count = 0
        let all = try sh("head -c 3000000 /dev/zero").run(
            within: .seconds(20),
            reader: {
                count += $0.count
                return true
            }
        )
        #expect(count == 3_000_000)
        #expect(all.end.code == 0 && all.output.isEmpty)
        var calls = 0
        let some = try sh("cat /dev/zero").run(
            within: .seconds(60),
            reader: { _ in
                calls += 1
                return false
            }
        )
        #expect(calls == 1)
        #expect(some.end.signal == SIGKILL && !some.isHung)
    }

    @Test func `input is made while output is read`() throws {
        var parts = 0
        let outcome = try sh("tee /dev/stderr | wc -c").run(
            within: .seconds(60),
            writer: { bytes in
                parts += 1
                bytes += [UInt8](repeating: UInt8(ascii: "y"), count: 10_000)
                return parts < 200
            }
        )
        #expect(text(outcome.output) == "2000000\n")
        #expect(outcome.messages.count == 1 << 20)
    }

    @Test func `a child that wants no input does not take us with it`() async {
        await #expect(processExitsWith: .success) {
            _ = signal(SIGPIPE, SIG_DFL)
            let outcome = try? ChildCommand("/bin/sh", ["-c", "exec <&-; sleep 0.2; exit 5"]).run(
                within: .seconds(20),
                writer: { bytes in
                    bytes += [UInt8](repeating: 0, count: 1 << 20)
                    return true
                }
            )
            // A write of our own still gets its signal.
            var waiting = sigset_t()
            unsafe sigpending(&waiting)
            let isClean = unsafe sigismember(&waiting, SIGPIPE) == 0
            exit(outcome?.end.code == 5 && isClean ? 0 : 1)
        }
    }
}

@Suite struct `How a child ends` {
    @Test func `one that hangs is killed at its deadline, with all that it started`() throws {
        let start = ContinuousClock.now
        let outcome = try sh("sleep 600 & echo $!; wait").run(within: .milliseconds(300))
        #expect(outcome.isHung)
        #expect(outcome.end.signal == SIGKILL)
        #expect(ContinuousClock.now - start < .seconds(10))
        let left = try #require(pid_t(text(outcome.output).dropLast()))
        #expect(eventually { isGone(left) })
    }

    @Test func `one that writes without end meets its deadline too`() throws {
        let start = ContinuousClock.now
        let outcome = try ChildCommand("/usr/bin/yes").run(within: .milliseconds(300))
        #expect(outcome.isHung)
        #expect(outcome.output.count == 1 << 20)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `a child of its own that keeps the pipes does not keep us`() throws {
        let start = ContinuousClock.now
        let outcome = try sh("sleep 600 & echo $!").run(within: .seconds(60))
        #expect(!outcome.isHung && outcome.end.code == 0)
        #expect(ContinuousClock.now - start < .seconds(30))
        let left = try #require(pid_t(text(outcome.output).dropLast()))
        // It was asked for: it lives on.
        #expect(kill(left, 0) == 0)
        kill(left, SIGKILL)
    }

    @Test func `what it leaves behind is ended where that is wanted`() throws {
        var command = sh("sleep 600 & echo $!")
        command.endsLeftovers = true
        let outcome = try command.run(within: .seconds(60))
        #expect(outcome.end.code == 0)
        let left = try #require(pid_t(text(outcome.output).dropLast()))
        #expect(eventually { isGone(left) })
    }

    @Test func `one that is given time may say why, and is killed when it does not go`() throws {
        var command = sh("trap 'echo why; exit 9' TERM; while :; do sleep 0.01; done")
        command.grace = .seconds(30)
        let polite = try command.run(within: .milliseconds(300))
        #expect(polite.isHung && polite.end.code == 9)
        #expect(text(polite.output) == "why\n")
        command.arguments[1] = "trap '' TERM; while :; do sleep 0.01; done"
        command.grace = .milliseconds(200)
        #expect(try command.run(within: .milliseconds(200)).end.signal == SIGKILL)
    }

    @Test func `it may be hurried while it runs`() throws {
        var command = sh("sleep 600")
        let soon = ContinuousClock.now + .milliseconds(300)
        command.hurry = { soon }
        #expect(try command.run(within: .seconds(600)).isHung)
    }

    @Test func `one that speaks into a file is waited for idly`() throws {
        let file = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        var command = sh("exec >&2; sleep 60")
        command.messages = .descriptor(file)
        let before = clock()
        #expect(try command.run(within: .milliseconds(1500)).isHung)
        let spent = clock() - before
        #expect(spent < 700_000, "\(spent) us of processor time")
    }

    @Test func `signals and statuses are told apart`() throws {
        #expect(try sh("kill -SEGV $$").run(within: .seconds(20)).end.signal == SIGSEGV)
        #expect(try sh("kill -SEGV $$").run(within: .seconds(20)).end.code == 128 + SIGSEGV)
        #expect(try sh("exit 255").run(within: .seconds(20)).end.code == 255)
    }

    @Test func `many at once, and no descriptor is lost`() async {
        await #expect(processExitsWith: .success) {
            func runAll() async -> Int {
                await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<40 {
                        group.addTask {
                            let outcome = try? ChildCommand("/bin/echo", ["ok"]).run(
                                within: .seconds(60)
                            )
                            return outcome?.output == Array("ok\n".utf8)
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            guard await runAll() == 40 else { exit(1) }
            let before = openDescriptors
            guard await runAll() == 40, openDescriptors == before else { exit(2) }
        }
    }
}
