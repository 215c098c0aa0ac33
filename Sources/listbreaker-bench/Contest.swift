// SPDX-License-Identifier: Apache-2.0
//
// Two programs in turn over the same journal. Wall-clock time of the whole process, start and end
// included, since that is what a person waits for; memory is the kernel's own high-water mark.

internal import Glibc
internal import Linux

/// A program to be timed against the loop in C.
struct Contest {
    /// What the table calls it.
    var name: String
    /// Its command line.
    var words: [String]

    /// What came of it; medians.
    struct Result {
        var name: String
        var entries: Int
        var loopSeconds: Double
        var seconds: Double
        var peakBytes: Int

        /// Share of the loop's speed.
        var ratio: Double { loopSeconds / seconds }

        /// Two lines for the table: the loop's and the program's.
        var table: String {
            line("C loop", loopSeconds, 1, nil) + "\n" + line(name, seconds, ratio, peakBytes)
        }

        private func line(
            _ name: String,
            _ seconds: Double,
            _ ratio: Double,
            _ bytes: Int?
        ) -> String {
            let speed = Int(Double(entries) / seconds)
            let share = Int((ratio * 1000).rounded())
            let text = "\(share / 1000).\(String(share % 1000 + 1000).dropFirst())"
            let memory = bytes.map { bytes in "\((bytes + (1 << 19)) >> 20)" } ?? "-"
            return pad(name, 18, atEnd: true) + pad("\(entries)", 10) + pad("\(speed)", 14)
                + pad(text, 8) + pad(memory, 10)
        }

        private func pad(_ text: String, _ width: Int, atEnd: Bool = false) -> String {
            let blanks = String(repeating: " ", count: max(0, width - text.count))
            return atEnd ? text + blanks : blanks + text
        }
    }

    /// Runs the loop and the program `rounds` times each, in turn, after one of each to warm up.
    func run(against loop: [String], rounds: Int) throws -> Result {
        _ = try Run(loop)
        _ = try Run(words)
        var loops: [Run] = []
        var runs: [Run] = []
        for _ in 0..<rounds {
            loops.append(try Run(loop))
            runs.append(try Run(words))
        }
        guard let entries = loops.first?.entries, entries > 0 else {
            throw BenchError(text: "the loop in C found no entries")
        }
        for run in runs where run.entries != entries {
            throw BenchError(
                text: "\(name) read \(run.entries) of \(entries) entries"
            )
        }
        return Result(
            name: name,
            entries: entries,
            loopSeconds: Self.median(loops.map(\.seconds)),
            seconds: Self.median(runs.map(\.seconds)),
            peakBytes: runs.map(\.peakBytes).max() ?? 0
        )
    }

    static func median(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }
}

/// One run of a program to its end.
struct Run {
    /// Wall-clock time.
    var seconds: Double
    /// Processor time, the kernel's for it included.
    var cpuSeconds: Double
    /// High-water mark of resident memory, mapped files included.
    var peakBytes: Int
    /// The `entries` of its summary, the last line that it printed.
    var entries: Int

    /// Runs `words`; throws unless it exits 0 or 3, replay's word for a trip.
    init(_ words: [String]) throws {
        let output = try TemporaryFile()
        let start = Self.now
        let child = try Child(words, input: nil, output: output.descriptor)
        let (status, usage) = child.wait()
        seconds = Self.now - start
        cpuSeconds = [usage.ru_utime, usage.ru_stime].reduce(0) { sum, time in
            sum + Double(time.tv_sec) + Double(time.tv_usec) / 1e6
        }
        peakBytes = Int(usage.ru_maxrss) << 10
        guard status == 0 || status == 3 else {
            throw BenchError(text: "'\(words.joined(separator: " "))' exited with \(status)")
        }
        entries = Self.entries(output.tail)
    }

    private static var now: Double {
        Double(SystemClock.monotonic) / 1e9
    }

    /// The number behind `"entries":` in the last line of `text`.
    private static func entries(_ text: String) -> Int {
        guard let line = text.split(separator: "\n").last else { return 0 }
        let parts = line.split { letter in "{,}".contains(letter) }
        let name = "\"entries\":"
        guard let part = parts.first(where: { part in part.hasPrefix(name) }) else { return 0 }
        return Int(part.dropFirst(name.count)) ?? 0
    }
}
