// SPDX-License-Identifier: Apache-2.0
//
// Real scripts, run as the daemon runs them.

import EventTime
import Foundation
import Glibc
import Testing

@testable import Paging

@Suite struct ScriptRunnerTests {
    private func run(
        _ directory: ScriptDirectory,
        _ text: String,
        input: String = "",
        environment: [String: String] = [:],
        timeout: TimeSpan = .seconds(20)
    ) async throws -> RunResult {
        let call = ScriptCall(
            path: try directory.script("script-\(UUID().uuidString)", text),
            event: "trip",
            input: input,
            environment: environment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own },
            timeout: timeout
        )
        return await ScriptRunner.run(call)
    }

    @Test func `exit codes mean what the manual says`() async throws {
        let directory = try ScriptDirectory()
        #expect(try await run(directory, "exit 0").outcome == .delivered)
        #expect(try await run(directory, "exit 75").outcome == .temporary(retryAfter: nil))
        #expect(try await run(directory, "exit 1").outcome == .failed(code: 1))
        #expect(try await run(directory, "exit 255").outcome == .failed(code: 255))
        #expect(try await run(directory, "kill -SEGV $$").outcome == .signalled(SIGSEGV))
    }

    @Test func `the answer is read from standard output only`() async throws {
        let directory = try ScriptDirectory()
        let result = try await run(
            directory,
            "echo 'Retry-After:  42 '; echo 'retry-after: 7' >&2; echo 'acknowledged: Inès'; exit 75"
        )
        #expect(result.outcome == .temporary(retryAfter: 42))
        #expect(result.acknowledgedBy == "Inès")
        #expect(result.output.count == 3)
        let odd = try await run(
            directory,
            "echo 'retry-after: -1'; echo 'retry-after: soon'; echo 'acknowledged:'; exit 75"
        )
        #expect(odd.outcome == .temporary(retryAfter: nil))
        #expect(odd.acknowledgedBy == nil)
    }

    @Test func `a script is given the event, the whole input and nothing else`() async throws {
        let directory = try ScriptDirectory()
        _ = unsafe setenv("LISTBREAKER_TEST_SECRET", "inherited", 1)
        let input = String(repeating: "répondre à tous\n", count: 40_000)
        let result = try await run(
            directory,
            """
            test "$#" = 1 && test "$1" = trip || exit 2
            cat > \(directory.path)/input
            env | sort > \(directory.path)/environment
            ls /proc/self/fd > \(directory.path)/descriptors
            pwd > \(directory.path)/place
            grep -E '^Sig(Blk|Ign)' /proc/self/status > \(directory.path)/signals
            """,
            input: input,
            environment: ["LISTBREAKER_EVENT": "trip"]
        )
        #expect(result.outcome == .delivered, "\(result.output)")
        #expect(directory.read("input") == input)
        let names = directory.lines("environment").map { $0.prefix { $0 != "=" } }
        #expect(
            Set(names).isSubset(of: ["LISTBREAKER_EVENT", "PATH", "PWD", "OLDPWD", "SHLVL", "_"])
        )
        // 3 is the directory that ls reads.
        #expect(directory.lines("descriptors") == ["0", "1", "2", "3"])
        #expect(directory.lines("place") == ["/"])
        // glibc's own signals, 32 and 33, are always ignored after posix_spawn(3).
        #expect(
            directory.lines("signals") == [
                "SigBlk:\t0000000000000000", "SigIgn:\t0000000180000000",
            ]
        )
    }

    @Test func `hostile text in a variable stays text`() async throws {
        let directory = try ScriptDirectory()
        let hostile =
            "'; touch \(directory.path)/owned; $(touch \(directory.path)/owned) `id` %s \\"
        let result = try await run(
            directory,
            "printf '%s' \"$LISTBREAKER_SUMMARY\" > \(directory.path)/seen",
            environment: ["LISTBREAKER_SUMMARY": hostile]
        )
        #expect(result.outcome == .delivered)
        #expect(directory.read("seen") == hostile)
        #expect(directory.read("owned") == nil)
    }

    @Test func `a script that hangs is ended at its deadline, with all its children`() async throws
    {
        let directory = try ScriptDirectory()
        let result = try await run(
            directory,
            "sleep 600 & echo $! > \(directory.path)/child; echo begun; wait",
            timeout: .seconds(2)
        )
        #expect(result.outcome == .timedOut)
        #expect(result.output == ["begun"])
        #expect(result.duration < .seconds(30))
        let child = try #require(Int32(directory.lines("child").first ?? ""))
        #expect(await holds(within: 5) { kill(child, 0) != 0 && errno == ESRCH })
    }

    @Test(arguments: ["wait", "kill -TERM $$"])
    func `what our own stop ends is neither a failure nor a deadline`(end: String) async throws {
        let directory = try ScriptDirectory()
        let stop = StopFlag()
        let call = ScriptCall(
            path: try directory.script(
                "s",
                // Ended by us, three seconds after the stop, or by whoever stops us.
                "echo begun > \(directory.path)/begun; while [ ! -e \(directory.path)/go ]; "
                    + "do sleep 0.02; done; sleep 600 & \(end)"
            ),
            event: "trip",
            input: "",
            environment: ["PATH": "/usr/bin:/bin"],
            timeout: .seconds(120),
            stop: stop
        )
        async let running = ScriptRunner.run(call)
        #expect(await holds(within: 20) { directory.read("begun") == "begun\n" })
        stop.set()
        _ = try directory.script("go", "")
        let result = await running
        #expect(result.outcome == .stopped)
        #expect(result.words == "cut short because listbreakerd stops")
        #expect(result.duration < .seconds(60))
    }

    @Test func `a script that ignores SIGTERM is killed`() async throws {
        let directory = try ScriptDirectory()
        let result = try await run(
            directory,
            "trap 'echo not yet' TERM; while :; do sleep 0.1; done",
            timeout: .seconds(2)
        )
        #expect(result.outcome == .timedOut)
        #expect(result.output.contains("not yet"))
        #expect(result.duration < .seconds(30))
    }

    @Test func `something left behind that holds the output does not hold us`() async throws {
        let directory = try ScriptDirectory()
        let result = try await run(
            directory,
            "setsid sleep 30 & echo $! > \(directory.path)/child; echo done"
        )
        #expect(result.outcome == .delivered)
        #expect(result.output == ["done"])
        #expect(result.duration < .seconds(10))
        if let child = Int32(directory.lines("child").first ?? "") { kill(child, SIGKILL) }
    }

    @Test func `endless output is read, capped, and does not block the script`() async throws {
        let directory = try ScriptDirectory()
        let result = try await run(
            directory,
            "head -c 3000000 /dev/zero | tr '\\0' x | fold -w 99; echo 'retry-after: 9'; exit 75"
        )
        // The last line lies behind the cap.
        #expect(result.outcome == .temporary(retryAfter: nil))
        let bytes = result.output.reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(bytes <= ScriptRunner.outputBytes + 1)
        #expect(bytes > ScriptRunner.outputBytes / 2)
    }

    @Test func `output of any bytes becomes lines that a terminal survives`() async throws {
        let directory = try ScriptDirectory()
        let result = try await run(directory, "printf 'a\\033[2Jb\\r\\377\\000c\\n\\nd'")
        #expect(result.output == ["a [2Jb \u{FFFD} c", "d"])
    }

    @Test func `input that nobody reads does not matter`() async throws {
        let directory = try ScriptDirectory()
        let input = String(repeating: "x", count: 1_000_000)
        #expect(try await run(directory, "exit 0", input: input).outcome == .delivered)
    }

    @Test func `what cannot be started says why`() async throws {
        let directory = try ScriptDirectory()
        var call = ScriptCall(
            path: directory.path + "/absent",
            event: "trip",
            input: "",
            environment: [:],
            timeout: .seconds(5)
        )
        #expect(await ScriptRunner.run(call).outcome == .notStarted(errno: ENOENT))
        call.path = try directory.script("plain", "exit 0")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: call.path)
        #expect(await ScriptRunner.run(call).outcome == .notStarted(errno: EACCES))
        call.path = directory.path
        #expect(await ScriptRunner.run(call).outcome == .notStarted(errno: EACCES))
    }

    @Test func `many at once, and no descriptor is lost`() async throws {
        let directory = try ScriptDirectory()
        let script = try directory.script("quick", "cat > /dev/null; echo ok")
        // In a process of its own: other tests open and close descriptors meanwhile.
        await #expect(processExitsWith: .success) { [script = script as String] in
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            func runAll() async -> Int {
                await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<40 {
                        group.addTask {
                            let call = ScriptCall(
                                path: script,
                                event: "test",
                                input: "{}",
                                environment: ["PATH": "/usr/bin:/bin"],
                                timeout: .seconds(60)
                            )
                            let result = await ScriptRunner.run(call)
                            return result.outcome == .delivered && result.output == ["ok"]
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            #expect(await runAll() == 40)
            let before = try descriptors()
            #expect(await runAll() == 40)
            #expect(try descriptors() == before)
        }
    }
}
