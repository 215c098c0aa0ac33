// SPDX-License-Identifier: Apache-2.0
//
// One held message of a list that may go although the list is stopped: its queue file is given a way of
// its own, in the place where Postfix notes what a content filter is to get. So it stands in the
// message, and outlives us, a restart and a reboot. The mistake to avoid: a file that is half one and
// half the other. What is added is on disk behind the end of the file before that end is moved.

internal import Glibc
internal import HaltWire

extension QueueFile {
    /// The attribute by which a message that may go is known; Postfix passes over names that it does
    /// not know.
    private static let passing = Array("listbreaker_pass=1".utf8)

    /// Bytes behind the content that are read: 8 MiB, as much as of an envelope.
    ///
    /// Chosen.
    private static let rearLimit = 8 << 20

    /// What stands behind the content of a queue file.
    private struct Rear {
        /// Where its last record stands.
        var end: Int
        var isPassing = false
        /// Whether it has a filter, or was edited in place, as milters do.
        var isTaken = false
    }

    /// Whether the message in `file` may go although its list is stopped.
    static func isPassing(_ file: SafeEntry) -> Bool {
        guard let descriptor = try? file.open() else { return false }
        defer { close(descriptor) }
        return rear(of: descriptor)?.isPassing ?? false
    }

    /// Lets the held message in `file` go by `route`, a transport and its next hop; nil: by any.
    ///
    /// - Returns: false where it cannot be, since the file is not in the plain form or has a filter.
    static func letPass(_ file: SafeEntry, by route: String?) -> Bool {
        guard let descriptor = try? file.open(toChange: true) else { return false }
        defer { close(descriptor) }
        guard let start = read(descriptor, at: 0, count: window), hasFilter(in: start) != true,
            let rear = rear(of: descriptor)
        else { return false }
        if rear.isPassing { return true }
        guard !rear.isTaken, route.map({ (3...120).contains($0.utf8.count) }) ?? true else {
            return false
        }
        let filter = route.map { [UInt8(ascii: "L"), UInt8($0.utf8.count)] + Array($0.utf8) } ?? []
        let records = [UInt8(ascii: "A"), UInt8(passing.count)] + passing + filter + [endMark, 0]
        // Until the two bytes of the old end are replaced, what stands behind it is not read.
        guard write(descriptor, records.dropFirst(2), at: rear.end + 2), fsync(descriptor) == 0,
            write(descriptor, records.prefix(2), at: rear.end), fsync(descriptor) == 0
        else { return false }
        return true
    }

    private static let endMark = UInt8(ascii: "E")

    /// What stands behind the content; nil when that is not in the form that is known.
    private static func rear(of descriptor: Int32) -> Rear? {
        guard let start = read(descriptor, at: 0, count: 256) else { return nil }
        var beginning = start[...]
        guard let (type, data) = record(&beginning), type == UInt8(ascii: "C") else { return nil }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        guard fields.count >= 2, let size = Int(fields[0]), let offset = Int(fields[1]), size > 0,
            offset > 0, size < 1 << 40, offset < 1 << 40,
            let bytes = read(descriptor, at: offset + size, count: rearLimit)
        else { return nil }
        var rest = bytes[...]
        guard record(&rest)?.type == UInt8(ascii: "X") else { return nil }
        var rear = Rear(end: 0)
        while true {
            let place = rest.startIndex
            guard let (type, data) = record(&rest) else { return nil }
            switch type {
            case endMark:
                rear.end = offset + size + place
                return rear
            case UInt8(ascii: "A"): if data.elementsEqual(passing) { rear.isPassing = true }
            case UInt8(ascii: "L"), UInt8(ascii: "p"): rear.isTaken = true
            default: break
            }
        }
    }

    private static func write(
        _ descriptor: Int32,
        _ bytes: ArraySlice<UInt8>,
        at offset: Int
    ) -> Bool {
        let bytes = Array(bytes)
        return unsafe pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count
    }
}
