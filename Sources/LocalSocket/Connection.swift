// SPDX-License-Identifier: Apache-2.0
//
// One client of a server, as a value: what was read, what is still to be written, until when. It
// decides nothing about time; the loop hands in `now`. A connection whose client left keeps its
// slot until its task has ended, so that tasks are as bounded as connections.

internal import Glibc
internal import Linux

/// A client under way.
struct Connection {
    /// What the client may expect next.
    enum Phase: Equatable {
        /// Its request line is not whole yet.
        case reading
        /// A task works on the answer.
        case answering
        /// The last line is known; when it is written, we close.
        case finishing
    }

    /// What reading brought.
    enum Arrival: Equatable {
        case partial
        case request([UInt8])
        case refused
    }

    let id: UInt64
    let peer: Peer
    /// -1 once the client is gone.
    private(set) var descriptor: Int32
    private(set) var phase = Phase.reading
    private(set) var deadline: ContinuousClock.Instant?
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var written = 0
    private var total = 0

    init(id: UInt64, peer: Peer, descriptor: Int32, deadline: ContinuousClock.Instant) {
        self.id = id
        self.peer = peer
        self.descriptor = descriptor
        self.deadline = deadline
    }

    /// Whether nothing is left to do: the slot is free.
    var isOver: Bool { descriptor < 0 && phase != .answering }

    /// What to poll(2) for; hang-ups are always reported.
    var events: Int16 {
        if phase == .reading { return Int16(POLLIN) }
        return written < output.count ? Int16(POLLOUT) : 0
    }

    /// Takes what the client sent.
    mutating func receive(limit: Int) -> Arrival {
        switch Descriptor.receive(descriptor) {
        case .failure(let why): return why.number == EAGAIN ? .partial : .refused
        case .success(let chunk):
            guard !chunk.isEmpty else { return .refused }
            guard let end = chunk.firstIndex(of: newline) else {
                input += chunk
                return input.count <= limit ? .partial : .refused
            }
            // Bytes after the line are a second request, which this protocol does not have.
            guard end == chunk.count - 1, input.count + end <= limit else { return .refused }
            phase = .answering
            deadline = nil
            defer { input = [] }
            return .request(input + chunk[..<end])
        }
    }

    /// Queues a line for the client; the last one ends the connection when it is written.
    mutating func queue(
        _ line: [UInt8],
        isLast: Bool,
        limit: Int,
        deadline: ContinuousClock.Instant
    ) {
        if isLast { phase = .finishing }
        guard descriptor >= 0 else { return }
        total += line.count + 1
        guard total <= limit else { return hangUp() }
        if written == output.count {
            (output, written) = ([], 0)
            self.deadline = deadline
        }
        output += line
        output.append(newline)
    }

    /// Writes what the client takes now.
    mutating func flush(deadline: ContinuousClock.Instant) {
        guard descriptor >= 0 else { return }
        while written < output.count {
            switch Descriptor.transmit(descriptor, output[written...]) {
            case .success(let count):
                written += count
                self.deadline = deadline
            case .failure(let why):
                if why.number != EAGAIN { hangUp() }
                return
            }
        }
        (output, written) = ([], 0)
        self.deadline = nil
        if phase == .finishing { hangUp() }
    }

    /// Closes; a task that still works keeps the slot.
    mutating func hangUp() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        deadline = nil
        (input, output, written) = ([], [], 0)
        if phase == .reading { phase = .finishing }
    }
}
