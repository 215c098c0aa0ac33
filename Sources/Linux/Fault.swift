// SPDX-License-Identifier: Apache-2.0
//
// The one sentence in which every edge says what went wrong: what was attempted, on what, why not,
// what happens now. It ends in a page that someone reads at three in the morning.

/// An error that can be told in one sentence; its code is each edge's own.
public protocol Fault: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, after "cannot".
    var operation: String { get }
    /// On what; empty when it has no path.
    var path: String { get }
    /// Why not, in words, errno included where there was one.
    var reason: String { get }
    /// What happens now, or what to do; empty when there is nothing to say.
    var next: String { get }
}

extension Fault {
    /// `cannot OPERATION 'PATH': REASON; NEXT`, in the words of this host: ``HostStep``.
    public var description: String {
        let place = path.isEmpty ? "" : " '\(path)'"
        let rest = next.isEmpty ? "" : "; \(HostStep.text(next))"
        return "cannot \(operation)\(place): \(reason)\(rest)"
    }
}
