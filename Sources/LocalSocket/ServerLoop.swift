// SPDX-License-Identifier: Apache-2.0
//
// The server's one thread: waits for the listener, every client and the mailbox at once. Nothing
// in it blocks but poll(2). When descriptors run out it stops accepting until a client leaves,
// instead of spinning on a listener that stays readable.

internal import CLinux
internal import Glibc
internal import Linux

/// Turns of poll(2) until told to stop, or until idle for long enough.
struct ServerLoop {
    let listener: Int32
    let limits: LineLimits
    let mailbox: Mailbox
    let answer: LineServer.StreamingAnswer
    private var clients: [Connection] = []
    private var lastID: UInt64 = 0
    private var pauseUntil: ContinuousClock.Instant?
    private var idleSince = ContinuousClock.now

    init(
        listener: Int32,
        limits: LineLimits,
        mailbox: Mailbox,
        answer: @escaping LineServer.StreamingAnswer
    ) {
        self.listener = listener
        self.limits = limits
        self.mailbox = mailbox
        self.answer = answer
    }

    /// Serves until stopped or idle; every client is closed on return.
    mutating func run() {
        while turn() {}
        for index in clients.indices {
            mailbox.dismiss(clients[index].id)
            clients[index].hangUp()
        }
    }

    private mutating func turn() -> Bool {
        var entries = [
            pollfd(fd: mailbox.bell.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mayAccept ? listener : -1, events: Int16(POLLIN), revents: 0),
        ]
        for client in clients {
            entries.append(pollfd(fd: client.descriptor, events: client.events, revents: 0))
        }
        let ready = unsafe poll(&entries, nfds_t(entries.count), timeout)
        guard ready >= 0 || errno == EINTR else { return false }
        if ready > 0 {
            for index in clients.indices where entries[index + 2].revents != 0 {
                serve(index, entries[index + 2].revents)
            }
            if entries[0].revents != 0, deliver() { return false }
            if entries[1].revents != 0 { accept() }
        }
        return sweep()
    }

    /// Reads from or writes to one client.
    private mutating func serve(_ index: Int, _ events: Int16) {
        let deadline = ContinuousClock.now + limits.writeDeadline
        if events & Int16(POLLIN) != 0, clients[index].phase == .reading {
            switch clients[index].receive(limit: limits.requestBytes) {
            case .partial: break
            case .refused: drop(index)
            case .request(let line): begin(index, line)
            }
        } else if events & Int16(POLLOUT) != 0 {
            clients[index].flush(deadline: deadline)
        } else {
            drop(index)
        }
    }

    private mutating func begin(_ index: Int, _ line: [UInt8]) {
        let (id, peer) = (clients[index].id, clients[index].peer)
        let (mailbox, answer) = (mailbox, answer)
        mailbox.admit(id)
        Task {
            let last = await answer(peer, line) { progress in
                mailbox.post(.init(id: id, line: progress, isLast: false))
            }
            _ = mailbox.post(.init(id: id, line: last, isLast: true))
        }
    }

    /// Passes answers on; true when it is time to end.
    private mutating func deliver() -> Bool {
        let (letters, isStopping) = mailbox.collect()
        let deadline = ContinuousClock.now + limits.writeDeadline
        for letter in letters {
            guard let index = clients.firstIndex(where: { $0.id == letter.id }) else { continue }
            clients[index].queue(
                letter.line,
                isLast: letter.isLast,
                limit: limits.answerBytes,
                deadline: deadline
            )
            clients[index].flush(deadline: deadline)
        }
        return isStopping
    }

    private mutating func accept() {
        let descriptor = clinux_accept(listener)
        guard descriptor >= 0 else {
            let isShort = [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(-descriptor)
            if isShort { pauseUntil = ContinuousClock.now + .seconds(1) }
            return
        }
        guard case .success(let peer) = Peer.of(descriptor: descriptor), hasRoom(for: peer) else {
            close(descriptor)
            return
        }
        lastID += 1
        clients.append(
            Connection(
                id: lastID,
                peer: peer,
                descriptor: descriptor,
                deadline: ContinuousClock.now + limits.readDeadline
            )
        )
    }

    private func hasRoom(for peer: Peer) -> Bool {
        peer.uid == 0
            || clients.count { $0.peer.uid == peer.uid } < limits.connectionsPerUser
    }

    private mutating func drop(_ index: Int) {
        mailbox.dismiss(clients[index].id)
        clients[index].hangUp()
    }

    /// Drops who is late, frees slots; false when idle for long enough.
    private mutating func sweep() -> Bool {
        let now = ContinuousClock.now
        for index in clients.indices {
            if let deadline = clients[index].deadline, deadline <= now { drop(index) }
        }
        let before = clients.count
        // Also those whose leaving only a failed write told: their tasks must learn of it.
        for client in clients where client.descriptor < 0 { mailbox.dismiss(client.id) }
        clients.removeAll(where: \.isOver)
        if clients.count < before { pauseUntil = nil }
        if let pause = pauseUntil, pause <= now { pauseUntil = nil }
        guard clients.isEmpty else {
            idleSince = now
            return true
        }
        guard let idle = limits.idle else { return true }
        return now < idleSince + idle
    }

    private var mayAccept: Bool { clients.count < limits.connections && pauseUntil == nil }

    private var timeout: Int32 {
        var next = clients.compactMap(\.deadline).min()
        if let pauseUntil { next = min(next ?? pauseUntil, pauseUntil) }
        if let idle = limits.idle, clients.isEmpty {
            let end = idleSince + idle
            next = min(next ?? end, end)
        }
        return next.map(Descriptor.milliseconds) ?? -1
    }
}
