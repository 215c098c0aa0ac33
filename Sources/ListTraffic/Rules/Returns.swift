// SPDX-License-Identifier: Apache-2.0
//
// Mail that is handed to a list's address: a posting, or one that the list had redistributed before
// and that came back. The mistake to avoid: a content filter's second look at the post's own parent,
// which comes back to nobody.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// Notes that a message was handed to a list's address, and reports one that the list had
    /// redistributed before; true when it was a copy that came back by an inner road.
    mutating func noteReturn(
        _ life: Handle<Life>,
        _ carried: Handle<ListRecord>?,
        _ line: Line
    ) -> Bool {
        guard let list = directory.known(at: line.event.recipient, line.bytes),
            let it = messages[life]
        else { return false }
        let arrival = messages.arrival(it.arrival)
        if carried == nil, let arrival, messages.keep(arrival) { tally.evictedArrivals += 1 }
        guard it.message != 0, !it.flags.contains(.returned), let hash = directory.hash(list),
            let post = posts.find(hash, it.message), let record = posts[post],
            record.isTold, record.time < it.born, it.origin != .unseen
        else { return false }
        if carried == nil, let arrival, let source = messages[arrival] {
            // A filter's second look at the post's own parent is none.
            if source.isReturned || it.arrival == record.arrival { return false }
            messages[arrival]?.isReturned = true
            posts[post]?.arrival = it.arrival
            posts[post]?.hasExpansion = false
        } else if carried != list {
            return false
        }
        messages[life]?.flags.insert(.returned)
        tellReturned(list, it.message, arrival.flatMap { messages[$0] }, line.time)
        return carried == list && line.event.status == .sent && line.event.relatedID.isEmpty
    }
}
