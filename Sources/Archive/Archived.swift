// SPDX-License-Identifier: Apache-2.0
//
// What can be saved, and how it names its fields: once, for both directions, so that none can be
// written and not read. The mistake to avoid: asking the stream for its direction; a field that is
// only written, or only read, shifts all that follow.

/// Archive - state as bytes, exact, compact and checked.
///
/// NAME
///     Archive - state as bytes, exact, compact and checked
///
/// SUMMARY
///     struct Share: Archived {
///         var count: Float = 0
///         mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
///             try stream.float(&count)
///         }
///     }
///
/// DESCRIPTION
///     ``ArchiveStream`` writes values one after another, or reads them in the same order: one
///     routine serves both directions, as those of XDR do. ``ArchiveParts`` keeps what is large in
///     parts, a few records each: nobody ever holds all of its bytes, and a part may be replaced by
///     itself.
///
/// LIMITS
///     A text has at most 4,096 bytes; a longer one is cut when it is written. A part has at most
///     2 GiB.
///
/// SECURITY
///     No I/O. What is read is never trusted: every count is bounded by the bytes that are there,
///     a number has to fit, and a part that is not as it was written is refused. The checksum finds
///     accidents, not forgery; who forges one gets a refusal or strange figures, never a trap.
///
/// DIAGNOSTICS
///     ``ArchiveDamage``: what was found, in words.
///
/// BUGS
///     The layout has no names in it: a changed one needs another version in what the reader looks
///     at first.
public protocol Archived {
    /// A value to read into.
    init()
    /// Gives every field to `stream`, always in the same order, and checks what was read.
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage)
}

/// Why an archive cannot be read.
public struct ArchiveDamage: Error, Equatable, CustomStringConvertible {
    /// What was found, in words.
    public var reason: String

    /// Damage that shows as `reason`.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}
