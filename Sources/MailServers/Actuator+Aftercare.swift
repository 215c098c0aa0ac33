// SPDX-License-Identifier: Apache-2.0
//
// After the gate was opened, a thread of its own looks after what was deferred meanwhile; see Aftercare.
// It takes no command's turn, and ends when mail is halted again, or when it has looked often enough.

internal import Glibc
internal import HaltWire
internal import Linux

extension Actuator {
    /// Who looks after deferred mail.
    struct Care: Sendable {
        /// Whether somebody does just now.
        var isUnderWay = false
        /// The opening of the gate that was looked after last.
        var opened: Int64?
    }

    private var note: ReopenNote { ReopenNote(state: place.state) }

    /// Starts to look after what was deferred, if the gate was opened and nobody does yet.
    public func lookAfter() {
        guard let opened = note.time, isOpen else { return }
        let (isMine, isLater) = care.withLock { care in
            guard care.opened != opened else { return (false, false) }
            // Who still looks after an opening before may sleep for most of a minute.
            guard !care.isUnderWay else { return (false, true) }
            care = Care(isUnderWay: true, opened: opened)
            return (true, false)
        }
        if isLater { reopened?.ring() }
        guard isMine else { return }
        let code = startThread(named: "aftercare") {
            self.look(after: opened)
            self.care.withLock { $0.isUnderWay = false }
            // It may have been opened again meanwhile.
            self.lookAfter()
        }
        if code != 0 { care.withLock { $0 = Care() } }
    }

    private func look(after opened: Int64) {
        // What a killed actuator left long ago is looked at once.
        let age = (ReopenNote.now - opened) / 1_000_000_000
        let isFresh = (0...Int64(Aftercare.moments.last ?? 0)).contains(age)
        // As the command asked for it that opened the gate.
        var aftercare = Aftercare(InstanceCache(state: place.state).last)
        let began = SystemClock.monotonic
        for moment in isFresh ? Aftercare.moments[...] : Aftercare.moments.prefix(1) {
            let due = began + Int64(moment * 1_000_000_000)
            repeat {
                pause(until: due)
                guard note.time == opened, isOpen else { return }
            } while SystemClock.monotonic < due
            // What a look could not do is done by the next.
            _ = try? aftercare.look(at: moment)
        }
        // It may have been opened again during the last look: that one's note stays.
        if note.time == opened { try? note.clear() }
    }

    /// Sleeps until `due`, in nanoseconds of CLOCK_MONOTONIC, or until the gate is opened again.
    private func pause(until due: Int64) {
        let left = max(0, due - SystemClock.monotonic)
        guard let reopened else { return _ = usleep(useconds_t(left / 1000)) }
        _ = reopened.wait(nanoseconds: left)
    }

    /// Whether it is known that nobody wishes mail to be halted.
    var isOpen: Bool {
        do throws(HaltError) { return try HaltMarker.read(state: place.state) != .halted } catch {
            return false
        }
    }
}
