// SPDX-License-Identifier: Apache-2.0
//
// How much there was to read, over the whole time, in a fixed number of steps: when time outgrows
// them, neighbours are put together and each becomes twice as long.

public import EventTime

/// Entries over time, in at most ``most`` equal steps.
public struct ActivityCurve: Sendable, Equatable {
    /// Steps at most; chosen to fit a line of 80 columns.
    public static let most = 60

    /// Entries of each step, the first one first.
    public private(set) var steps: [Int64] = []
    /// Where the first step begins.
    public private(set) var start: Timestamp?
    /// How long a step is, in microseconds.
    private var width = TimeSpan.minutes(1).microseconds

    /// A curve of nothing.
    public init() {}

    /// Adds `count` entries at `time`; those before the start go to the first step.
    mutating func note(_ count: Int, at time: Timestamp) {
        if start == nil { start = time }
        var step = self.step(of: time)
        while step >= Self.most {
            steps = stride(from: 0, to: steps.count, by: 2).map { place in
                steps[place] &+ (place + 1 < steps.count ? steps[place + 1] : 0)
            }
            width = width > Int64.max / 2 ? Int64.max : width * 2
            step = self.step(of: time)
        }
        while steps.count <= step { steps.append(0) }
        steps[step] &+= Int64(count)
    }

    /// The step that `time` is in; may be more than there are.
    public func step(of time: Timestamp) -> Int {
        guard let start else { return 0 }
        let (since, overflow) = time.microseconds.subtractingReportingOverflow(start.microseconds)
        guard time > start else { return 0 }
        // A clock that jumped: as far away as there is.
        return Int(clamping: (overflow ? Int64.max : since) / max(1, width))
    }
}
