// SPDX-License-Identifier: Apache-2.0
//
// How each kind of record is saved: its fields, named once for both directions. A record's order
// of fields is part of the layout; who changes it raises the version in `ListTraffic+Archive`.

internal import Archive

extension PackedText: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.hash(&first)
        try stream.hash(&second)
    }
}

extension Life: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.hash(&message)
        try stream.hash(&sender)
        try stream.hash(&expansion)
        try stream.hash(&arrival)
        try stream.hash(&twin)
        try stream.hash(&successor)
        try stream.hash(&account)
        try stream.value(&accountHolder)
        try stream.value(&queueID)
        try stream.number(&born)
        try stream.value(&list)
        try stream.number(&recipients, from: 0)
        try stream.number(&size, from: 0)
        try stream.number(&sent, from: 0)
        try stream.number(&instance)
        try stream.raw(&flags)
        try stream.raw(&origin)
        try stream.number(&expansions, from: 0)
        try stream.number(&outward, from: 0)
        try stream.number(&due, from: 0)
    }
}

extension Arrival: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.hash(&life)
        try stream.hash(&message)
        try stream.hash(&sender)
        try stream.hash(&foreignSender)
        try stream.hash(&poster)
        try stream.hash(&parent)
        try stream.hash(&root)
        try stream.text(&posterAddress)
        try stream.number(&date)
        try stream.number(&born)
        try stream.raw(&headers)
        try stream.raw(&origin)
        try stream.flag(&isRobot)
        try stream.flag(&isReply)
        try stream.flag(&isReturned)
    }
}

extension PostRecord: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.hash(&root)
        try stream.hash(&arrival)
        try stream.number(&time)
        try stream.number(&copies)
        try stream.number(&pendingSent)
        try stream.flag(&isTold)
        try stream.flag(&hasExpansion)
    }
}

extension AwaitedChild: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&alias)
        try stream.hash(&arrival)
        try stream.value(&list)
        try stream.number(&inline, from: 0)
    }
}

extension OpenFanOut: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&count)
        try stream.hash(&life)
    }
}

extension RegularPoster: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.hash(&poster)
        guard poster != 0 else { return }
        try stream.text(&address)
        try stream.number(&first)
        try stream.number(&posts)
        try stream.flag(&isRegular)
    }
}

extension ListRecord: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&address)
        try stream.hash(&hash)
        try stream.raw(&origin)
        try stream.flag(&showsReplies)
        try stream.number(&posts)
        try stream.number(&announced)
        try stream.number(&sent)
        try stream.number(&currentCopies)
        try stream.number(&lastPost)
        try stream.number(&knownPosters)
        try stream.number(&lastNewcomer)
        for place in 0..<8 { try stream.number(&fanOuts[place]) }
        try stream.hash(&currentPost)
        for place in 0..<Self.watched { try stream.hash(&aliases[place]) }
        for place in 0..<Self.watched { try stream.value(&regulars[place]) }
        guard stream.layout >= 7 else { return }
        try stream.number(&mailboxes.members, from: 0)
        try stream.number(&mailboxes.current, from: 0)
        try stream.number(&mailboxes.left, from: 0)
        guard stream.layout >= 8 else { return }
        for place in 0..<8 { try stream.number(&fannedOut[place]) }
    }
}

extension SenderRecord: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&address)
        try stream.flag(&isLogin)
    }
}
