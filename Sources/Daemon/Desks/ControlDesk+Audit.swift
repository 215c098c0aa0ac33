// SPDX-License-Identifier: Apache-2.0
//
// `audit`: a walk over all lists, a part a turn, so that the loop reads the log in between.

internal import Engine
internal import EventTime
internal import Reports

extension ControlDesk {
    /// Lists that one `audit` names unless asked for more; chosen: a few screens.
    static let mostAudited = 20

    /// The lists with the most members, dearest first.
    func audited(limit: Int) async -> AuditReport {
        let limit = min(limit, Engine.mostListed)
        var dearest: [AuditedList] = []
        var place: Int? = 0
        while let from = place {
            let part = await loop.audit(from: from, limit: limit)
            dearest += part.lists
            dearest.sort { ($1.members ?? 0, $0.list) < ($0.members ?? 0, $1.list) }
            dearest = Array(dearest.prefix(limit))
            place = part.next
        }
        return await loop.audit(of: dearest)
    }
}
