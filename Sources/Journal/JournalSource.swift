// SPDX-License-Identifier: Apache-2.0
//
// Where to read and from which point on. Plain values; nothing is opened here.

public import EventTime

/// Which journal to read.
public enum JournalSource: Sendable, Equatable {
    /// This host's journal, persistent and volatile.
    case local
    /// A directory of journal files, or of folders named by machine id with journal files in them,
    /// as systemd-journal-remote writes. Files that appear later are read too.
    case directory(String)
    /// These files and no others; they may still grow.
    case files([String])
}

/// From which entry on to read.
public enum ReadStart: Sendable {
    /// The oldest entry there is.
    case head
    /// Only entries written after opening.
    case tail
    /// Entries of this time and later.
    case time(Timestamp)
    /// Entries behind the one with this cursor. When it is gone, behind `orTime`, and when that is
    /// nil, behind the time that the cursor itself names; the first batch then carries the gap.
    case cursor(String, orTime: Timestamp?)

    /// Whether files can be read from there without sd-journal.
    var isInFiles: Bool {
        switch self {
        case .head, .time: true
        case .tail, .cursor: false
        }
    }
}
