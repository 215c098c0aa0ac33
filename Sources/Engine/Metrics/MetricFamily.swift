// SPDX-License-Identifier: Apache-2.0
//
// A metric and its samples, and the two forms in which they are written: Prometheus' text 0.0.4
// (prometheus.io, "Exposition formats"), which every collector reads, and OpenMetrics 1.0. The mistake
// to avoid: one form under the other's name; node_exporter drops a whole file for one `# TYPE x info`.

internal import Reports

/// One metric.
struct MetricFamily {
    /// What its figures are.
    enum Kind {
        /// May go up and down.
        case gauge
        /// Only grows while the daemon runs.
        case counter
        /// Always 1; the labels are what it tells.
        case info
        /// How long something took; its samples bring their endings with them.
        case histogram
    }

    /// One figure; `labels` such as `list="a@example.org"`, without braces, may be empty.
    typealias Sample = (labels: String, value: Double)
    /// A histogram's figures.
    private var delays: DelayStatus?

    /// Without the prefix `listbreaker_`, and without `_total` and `_info`.
    let name: String
    let kind: Kind
    /// One sentence.
    let help: String
    let samples: [Sample]

    init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.init(name, kind, help, [("", value)])
    }

    /// A histogram of seconds.
    init(_ name: String, _ help: String, _ delays: DelayStatus) {
        self.init(name, .histogram, help, [])
        self.delays = delays
    }

    /// Adds the metric to `text`.
    func write(as form: Metrics.Form, to text: inout String) {
        let full = "listbreaker_" + name
        let sample =
            switch kind {
            case .gauge: full
            case .counter: full + "_total"
            case .info: full + "_info"
            case .histogram: full
            }
        let (family, type) =
            switch (form, kind) {
            case (.prometheus, .counter): (sample, "counter")
            case (_, .histogram): (full, "histogram")
            case (.prometheus, _): (sample, "gauge")
            case (.openMetrics, .gauge): (full, "gauge")
            case (.openMetrics, .counter): (full, "counter")
            case (.openMetrics, .info): (full, "info")
            }
        text += "# HELP \(family) \(help)\n# TYPE \(family) \(type)\n"
        for (labels, value) in samples {
            let braces = labels.isEmpty ? "" : "{\(labels)}"
            text += "\(sample)\(braces) \(Self.number(value))\n"
        }
        if let delays { text += Self.buckets(of: delays, full) }
    }

    private static func buckets(of delays: DelayStatus, _ name: String) -> String {
        var lines = zip(DelayStatus.bounds, delays.within).map { bound, count in
            "\(name)_bucket{le=\"\(bound)\"} \(count)"
        }
        lines.append("\(name)_bucket{le=\"+Inf\"} \(delays.count)")
        lines.append("\(name)_sum \(number(delays.sumSeconds))")
        lines.append("\(name)_count \(delays.count)")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
