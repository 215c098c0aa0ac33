// SPDX-License-Identifier: Apache-2.0
//
// What a stretch of work costs: processor time and blocks of memory asked for. The mistake to
// avoid: printing between start and stop, which allocates.

internal import CAllocations
internal import Glibc

/// Adds up processor time and allocations of the stretches that it measures.
struct Meter {
    /// Processor time of this process, in seconds.
    private(set) var seconds = 0.0
    /// Blocks of memory asked for.
    private(set) var allocations: UInt64 = 0

    /// Runs `work` and adds what it took.
    mutating func measure(_ work: () -> Void) {
        let blocks = callocations_count()
        let start = Self.processorTime
        work()
        seconds += Self.processorTime - start
        allocations += callocations_count() - blocks
    }

    /// Adds what another meter measured.
    mutating func add(_ other: Meter) {
        seconds += other.seconds
        allocations += other.allocations
    }

    /// Throws unless an array of Swift's and a block of the C library's show in the count.
    static func check() throws {
        let before = callocations_count()
        let array = makeArray()
        let between = callocations_count()
        // The stream's own block; a bare malloc whose block is not used is optimised away.
        let stream = unsafe opendir("/")
        let after = callocations_count()
        if let stream = unsafe stream { unsafe closedir(stream) }
        guard array.count == 4096, before < between, between < after else {
            throw BenchError(text: "allocations are not counted: malloc is not ours")
        }
    }

    @inline(never)
    private static func makeArray() -> [Int32] {
        [Int32](repeating: getpid(), count: 4096)
    }

    /// Resident memory of this process, in bytes; proc(5), statm.
    static func residentBytes() throws -> Int {
        let words = text(of: "/proc/self/statm").split(separator: " ")
        guard words.count > 1, let pages = Int(words[1]) else {
            throw BenchError(text: "cannot read /proc/self/statm")
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The most resident memory since ``forgetPeak()``, in bytes; proc(5), VmHWM.
    static func peakBytes() throws -> Int {
        for line in text(of: "/proc/self/status").split(separator: "\n")
        where line.hasPrefix("VmHWM:") {
            let digits = line.filter(\.isNumber)
            if let kibibytes = Int(digits) { return kibibytes * 1024 }
        }
        throw BenchError(text: "cannot read VmHWM in /proc/self/status")
    }

    /// Bytes that this process gave to write(2) and its kin; proc(5), `io`.
    static func writtenBytes() throws -> Int {
        for line in text(of: "/proc/self/io").split(separator: "\n") where line.hasPrefix("wchar:")
        {
            if let bytes = Int(line.filter(\.isNumber)) { return bytes }
        }
        throw BenchError(text: "cannot read wchar in /proc/self/io")
    }

    /// Lets the peak begin at what is resident now; proc(5), clear_refs.
    static func forgetPeak() throws {
        let file = unsafe open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, unsafe write(file, "5", 1) == 1 else {
            throw BenchError(text: "cannot write to /proc/self/clear_refs")
        }
    }

    private static func text(of path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(file, &room, room.count)
        return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
    }

    private static var processorTime: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// `value` with `digits` digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = pow(10, Double(digits))
    let whole = Int((value * scale).rounded())
    guard digits > 0 else { return "\(whole)" }
    let rest = String(whole % Int(scale) + Int(scale)).dropFirst()
    return "\(whole / Int(scale)).\(rest)"
}

/// `text` behind blanks, `width` wide.
func column(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return String(repeating: " ", count: max(0, width - text.count)) + text
}
