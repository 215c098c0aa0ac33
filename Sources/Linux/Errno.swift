// SPDX-License-Identifier: Apache-2.0
//
// How an errno is put into words: the same ones whatever the locale, with the name that manual
// pages use. The mistake to avoid: reading errno after a call that came in between.

internal import CLinux
internal import Glibc

/// Why a system call failed.
public struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    /// errno(3); 0 when nothing failed.
    public var number: Int32

    /// The errno `number`.
    public init(_ number: Int32) {
        self.number = number
    }

    /// The calling thread's, right after a failed call.
    public static var last: Errno { Errno(errno) }

    /// For the middle of a sentence: `no such file or directory (ENOENT)`.
    public var description: String {
        guard let words = unsafe clinux_errno_text(number),
            let name = unsafe clinux_errno_name(number)
        else { return "error \(number)" }
        let text = unsafe String(cString: words)
        // "I/O error" and "RFS specific error" keep their capitals.
        let isWord = text.dropFirst().first?.isLowercase ?? false
        let start = isWord ? text.prefix(1).lowercased() : String(text.prefix(1))
        return unsafe "\(start)\(text.dropFirst()) (\(String(cString: name)))"
    }
}
