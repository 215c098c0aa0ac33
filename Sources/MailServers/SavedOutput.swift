// SPDX-License-Identifier: Apache-2.0
//
// What a program prints, written to a file of root's as it comes and made durable: a message may
// be larger than what fits into memory.

internal import Glibc
internal import HaltWire

extension Program {
    /// Runs it and writes its output to `path`, durably.
    ///
    /// - Throws: ``HaltError`` when it fails or the file cannot be written; there is no file then.
    consuming func save(to path: String, deadline: Duration) throws(HaltError) {
        unsafe unlink(path)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file("write", path, errno: errno) }
        defer { close(descriptor) }
        var isWritten = true
        stream = { chunk in
            isWritten = StateFile.write(descriptor, Array(chunk))
            return isWritten
        }
        let outcome = try run(deadline: deadline)
        guard isWritten, outcome.status == 0, fsync(descriptor) == 0 else {
            let number = isWritten ? EIO : errno
            unsafe unlink(path)
            throw .file("save the output of \(self.path) in", path, errno: number)
        }
    }
}
