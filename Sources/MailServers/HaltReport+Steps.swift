// SPDX-License-Identifier: Apache-2.0
//
// How a report is filled in while a command is carried out: steps with their times, errors that do
// not keep the rest from being done, and how the block stands, of which the worst counts.

internal import HaltWire

extension HaltReport {
    /// Runs `body` and notes how long it took.
    mutating func step(_ name: String, _ body: (inout HaltReport) -> Void) {
        let start = ContinuousClock.now
        body(&self)
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        let milliseconds = Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
        steps.append(Step(name: name, milliseconds: milliseconds))
    }

    /// Runs `body`; an error is noted, and the value is nil.
    @discardableResult
    mutating func attempt<Value>(
        _ body: (inout HaltReport) throws(HaltError) -> Value
    ) -> Value? {
        do throws(HaltError) { return try body(&self) } catch {
            errors.append("\(error)")
            return nil
        }
    }

    /// Keeps the worse of two standings of the block.
    mutating func worsen(_ other: Block) {
        let order: [Block] = [
            .absent, .already, .restored, .installed, .reinstalled, .changed, .failed,
        ]
        if (order.firstIndex(of: other) ?? 0) > (order.firstIndex(of: block) ?? 0) { block = other }
    }

    /// Installs the block in the file `path`, and notes what came of it.
    mutating func install(
        in path: String,
        _ body: () throws(HaltError) -> BlockFile.Outcome
    ) {
        do throws(HaltError) { note(try body(), of: path) } catch {
            worsen(.failed)
            errors.append("\(error)")
        }
    }

    /// Notes what became of the block in the file `path`.
    mutating func note(_ outcome: BlockFile.Outcome, of path: String) {
        switch outcome {
        case .reinstalled:
            worsen(.reinstalled)
            changed.append("the block was missing in '\(path)'; put back")
        case .changed(let how):
            worsen(.changed)
            changed.append("'\(path)' was altered, and left alone: \(how)")
        case .installed: worsen(.installed)
        case .already: worsen(.already)
        case .restored: worsen(.restored)
        case .absent: break
        }
    }

    /// Notes how the block in the file `path` stands, for verbs that did not touch it.
    mutating func describe(
        _ standing: OutboundBlock.Standing,
        of path: String,
        isWished: Bool
    ) {
        guard !verb.touchesBlock else { return }
        switch standing {
        case .whole: worsen(.already)
        case .absent: if isWished { changed.append("no block stands") }
        case .altered(let how):
            worsen(.changed)
            changed.append("'\(path)' was altered: \(how)")
        }
    }
}

extension HaltReport {
    /// Whether it says what was let go while its list is stopped: whoever counts leaks must know.
    var tellsPassing: Bool { [.asked(.narrow), .asked(.holdList)].contains(verb) }
}

extension HaltReport.Verb {
    /// Whether it installs the block, or takes it away.
    var touchesBlock: Bool {
        [.asked(.halt), .asked(.rehold), .asked(.resume)].contains(self)
    }
}
