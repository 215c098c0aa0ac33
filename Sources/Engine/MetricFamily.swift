// SPDX-License-Identifier: Apache-2.0
//
// A metric and its samples, and the two forms in which they are written: Prometheus' text 0.0.4
// (prometheus.io, "Exposition formats"), which every collector reads, and OpenMetrics 1.0. The mistake
// to avoid: one form under the other's name; node_exporter drops a whole file for one `# TYPE x info`.

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
    }

    /// One figure; `labels` such as `list="a@example.org"`, without braces, may be empty.
    typealias Sample = (labels: String, value: Double)

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

    /// Adds the metric to `text`.
    func write(as form: Metrics.Form, to text: inout String) {
        let full = "listbreaker_" + name
        let sample =
            switch kind {
            case .gauge: full
            case .counter: full + "_total"
            case .info: full + "_info"
            }
        let (family, type) =
            switch (form, kind) {
            case (.prometheus, .counter): (sample, "counter")
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
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
