// SPDX-License-Identifier: Apache-2.0
//
// Reads scenario files: sections, `Key=value`, comments, as systemd.syntax(7) has it, one section a
// host, a list and a stream. Every key is in a table of ScenarioReader+Keys; an unknown one is an error, since a scenario
// with a misspelt key proves nothing.

internal import EventTime

extension Scenario {
    /// Reads a scenario from the text of the file `path`.
    public init(text: String, path: String) throws(ScenarioError) {
        var reader = ScenarioReader(path: path)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() { try reader.take(line, number: index + 1) }
        self = try reader.finish()
    }
}

/// A scenario that is being read.
struct ScenarioReader {
    private enum Section {
        case none, scenario, host, list, traffic, settings
    }

    let path: String
    private(set) var number = 0
    private var section = Section.none
    var scenario = Scenario()
    /// Where each stream was opened, for errors found at the end.
    private var trafficLines: [Int] = []

    init(path: String) { self.path = path }

    mutating func take(_ raw: Substring, number: Int) throws(ScenarioError) {
        self.number = number
        let line = Self.trim(raw)
        if section == .settings, !line.hasPrefix("[/Settings") {
            scenario.settings += raw + "\n"
            return
        }
        guard let first = line.first, first != "#", first != ";" else { return }
        if first == "[" {
            try open(line)
            return
        }
        guard let equals = line.firstIndex(of: "=") else {
            throw error("expected Key=value, [Section] or a comment")
        }
        let key = String(Self.trim(line[..<equals]))
        let value = String(Self.trim(line[line.index(after: equals)...]))
        switch section {
        case .none, .settings:
            throw error("expected a section, such as [Scenario], before '\(key)'")
        case .scenario: try setScenario(key, value)
        case .host: try setHost(key, value)
        case .list: try setList(key, value)
        case .traffic: try setTraffic(key, value)
        }
    }

    func finish() throws(ScenarioError) -> Scenario {
        if scenario.lists.isEmpty && scenario.traffic.isEmpty {
            throw ScenarioError(path: path, line: 0, text: "has neither lists nor traffic")
        }
        guard scenario.furtherHosts.reduce(0, { $0 + $1.share }) <= 1 else {
            throw ScenarioError(path: path, line: 0, text: "hosts have shares of more than 100%")
        }
        for (traffic, line) in zip(scenario.traffic, trafficLines)
        where traffic.kind != .account && traffic.kind != .mailing {
            guard scenario.lists.contains(where: { list in list.address == traffic.list }) else {
                throw ScenarioError(
                    path: path,
                    line: line,
                    text: "there is no section [List \(traffic.list)]"
                )
            }
        }
        return scenario
    }

    private mutating func open(_ line: Substring) throws(ScenarioError) {
        guard line.last == "]" else { throw error("expected ']' at the end of the section") }
        let words = line.dropFirst().dropLast().split(separator: " ", maxSplits: 1)
        let name = words.count > 1 ? String(Self.trim(words[1])) : ""
        switch words.first {
        case "Scenario": section = .scenario
        case "/Settings": section = .none
        case "Settings": section = .settings
        case "Host":
            guard !name.isEmpty else { throw error("expected [Host NAME]") }
            section = .host
            scenario.furtherHosts.append(SimulatedHost(name: name))
        case "List":
            guard name.contains("@") else { throw error("expected [List ADDRESS]") }
            section = .list
            scenario.lists.append(SimulatedList(address: name, members: 100))
        case "Traffic":
            section = .traffic
            var traffic = Traffic()
            traffic.name = name
            traffic.list = scenario.lists.last?.address ?? ""
            scenario.traffic.append(traffic)
            trafficLines.append(number)
        default:
            throw error("unknown section; expected Scenario, Host, List, Traffic or Settings")
        }
    }
}
