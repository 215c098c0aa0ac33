// SPDX-License-Identifier: Apache-2.0
//
// A stretch of a journal file in memory, read by pread(2). Never mapped: others may cut the file, and a
// mapped page that is gone ends the process; a read that comes short is only damage.

internal import Glibc

/// An open file; closed with the last that holds it.
final class OpenFile: Sendable {
    let descriptor: Int32

    /// Nil, with errno, when it cannot be opened.
    init?(_ path: String) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Bytes that it has; nil when it is no regular file.
    var size: UInt64? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return UInt64(clamping: status.st_size)
    }
}

/// Bytes of a file from ``start`` on.
struct FileWindow {
    /// Where in the file it begins.
    private(set) var start: UInt64 = 0
    /// How many bytes of ``bytes`` are the file's.
    private(set) var count = 0
    private(set) var bytes: [UInt8] = []

    /// Where in ``bytes`` the byte at `offset` of the file is; nil unless it and all `length` are there.
    @inline(__always)
    func place(of offset: UInt64, _ length: Int) -> Int? {
        guard offset >= start, offset - start <= UInt64(count) else { return nil }
        let place = Int(offset - start)
        return length <= count - place ? place : nil
    }

    /// Reads up to `length` bytes from `offset` on.
    mutating func load(_ file: OpenFile, at offset: UInt64, _ length: Int) {
        start = offset
        count = 0
        if bytes.count < length { bytes = [UInt8](repeating: 0, count: length) }
        while count < length {
            let done = count
            let got = unsafe bytes.withUnsafeMutableBytes { room in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: room[done..<length])
                return unsafe pread(
                    file.descriptor,
                    rest.baseAddress,
                    rest.count,
                    off_t(clamping: offset &+ UInt64(done))
                )
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            count += got
        }
    }

    /// Gives its memory back.
    mutating func drop() { self = FileWindow() }

    /// The little-endian number at `place`, 0 outside of what was read.
    @inline(__always)
    func number<Number: FixedWidthInteger>(_ place: Int, as type: Number.Type) -> Number {
        unsafe bytes.withUnsafeBytes { all in
            guard place >= 0, place <= all.count - MemoryLayout<Number>.size else { return 0 }
            return unsafe Number(
                littleEndian: all.loadUnaligned(fromByteOffset: place, as: Number.self)
            )
        }
    }

    /// What is there from `place` on, as numbers; 0 outside of it.
    ///
    /// Without counting a reference for each: an entry had 10 of those, 400 instructions; measured.
    @inline(__always)
    func words<let count: Int>(_ place: Int) -> InlineArray<count, UInt64> {
        unsafe bytes.withUnsafeBytes { all in
            guard place >= 0, place <= all.count - 8 * count else { return .init(repeating: 0) }
            return InlineArray { index in
                unsafe UInt64(
                    littleEndian: all.loadUnaligned(
                        fromByteOffset: place + 8 * index,
                        as: UInt64.self
                    )
                )
            }
        }
    }

    /// The eight bytes at `place` as a little-endian number.
    @inline(__always) func word(_ place: Int) -> UInt64 { number(place, as: UInt64.self) }

    /// The id at `place`.
    @inline(__always)
    func id(_ place: Int) -> ID128 { ID128(first: word(place), second: word(place + 8)) }
}
