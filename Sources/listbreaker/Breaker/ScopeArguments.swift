// SPDX-License-Identifier: Apache-2.0
//
// What a trip or a reset is about: one list, or the whole outbound queue. Never both, never
// neither: a guess would halt, or release, the wrong mail.

internal import ArgumentParser
internal import Control
internal import Words

/// Insisting on a name that nobody knows.
struct NewName: ParsableArguments {
    @Flag(help: "Take a name that is neither tracked nor configured.")
    var new = false
}

/// A list, or the queue.
struct ScopeArguments: ParsableArguments {
    @Argument(
        help: "The list, by its address; a sender, as sender:ADDRESS; or an incident's number.",
        completion: Suggested.scopes
    )
    var list: String?

    @Flag(help: "The whole outbound queue instead of a list.")
    var queue = false

    func validate() throws {
        if (list != nil) == queue {
            throw ValidationError("name a list by its address, or say --queue; not both")
        }
    }

    /// The name as it is printed.
    var name: String { list.map(shown) ?? "the outbound queue" }

    /// A request for `verb` about it.
    func request(_ verb: ControlRequest.Verb, reason: String) -> ControlRequest {
        var request = ControlRequest(verb)
        request.list = list
        request.isQueue = queue
        request.reason = reason
        return request
    }
}
