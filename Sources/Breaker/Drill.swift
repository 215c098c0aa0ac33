// SPDX-License-Identifier: Apache-2.0
//
// What a drill is known by: the name of a list that does not exist. Its breaker opens, holds and is
// reset as any other; but it never halts more than that list's mail, and it pages nobody.

/// The list of `listbreaker drill`.
public enum Drill {
    /// The part of its address in front of the `@`.
    public static let name = "listbreaker-drill"

    /// Whether `list`, a posting address, is the drill's.
    public static func isDrill(_ list: String) -> Bool { list.hasPrefix("\(name)@") }
}
