// SPDX-License-Identifier: Apache-2.0
//
// Reads scenario files: sections, `Key=value`, comments, as systemd.syntax(7) has it, one section a
// list and a stream. Every key is in a table below; an unknown one is an error, since a scenario
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
        case none, scenario, list, traffic, settings
    }

    let path: String
    private(set) var number = 0
    private var section = Section.none
    private var scenario = Scenario()
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
        case .list: try setList(key, value)
        case .traffic: try setTraffic(key, value)
        }
    }

    func finish() throws(ScenarioError) -> Scenario {
        if scenario.lists.isEmpty && scenario.traffic.isEmpty {
            throw ScenarioError(path: path, line: 0, text: "has neither lists nor traffic")
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
            throw error("unknown section; expected Scenario, List, Traffic or Settings")
        }
    }

    private mutating func setScenario(_ key: String, _ value: String) throws(ScenarioError) {
        switch key {
        case "Title": scenario.title = value
        case "Seed": scenario.seed = UInt64(try whole(value, 0...Int.max))
        case "Start": scenario.start = try time(value)
        case "Duration": scenario.duration = try span(value)
        case "Host": scenario.host = value
        case "MailUser": scenario.mailUser = UInt32(try whole(value, 0...Int(UInt32.max)))
        case "DeliveriesPerSecond": scenario.deliveriesPerSecond = try real(value, 0.01...10_000)
        case "Headers": scenario.hasHeaders = try flag(value)
        case "LongQueueIDs": scenario.hasLongQueueIDs = try flag(value)
        case "Deferred": scenario.deferredShare = try share(value)
        case "Bounced": scenario.bouncedShare = try share(value)
        case "Entries": scenario.entryLimit = try whole(value, 1...Int.max)
        case "Expect": scenario.expectations.append(try expectation(value))
        case "ExpectWithoutHeaders":
            scenario.expectationsWithoutHeaders.append(try expectation(value))
        default: throw error("unknown key '\(key)' in [Scenario]")
        }
    }

    private mutating func setList(_ key: String, _ value: String) throws(ScenarioError) {
        let last = scenario.lists.count - 1
        switch key {
        case "Members": scenario.lists[last].members = try whole(value, 1...10_000_000)
        case "Shape":
            guard let shape = ListShape(rawValue: value) else {
                throw error("expected \(Self.alternatives(ListShape.allCases.map(\.rawValue)))")
            }
            scenario.lists[last].shape = shape
        default: throw error("unknown key '\(key)' in [List]")
        }
    }

    private mutating func setTraffic(_ key: String, _ value: String) throws(ScenarioError) {
        let last = scenario.traffic.count - 1
        var traffic = scenario.traffic[last]
        switch key {
        case "Kind":
            guard let kind = Traffic.Kind(rawValue: value) else {
                throw error("expected \(Self.alternatives(Traffic.Kind.allCases.map(\.rawValue)))")
            }
            traffic.kind = kind
        case "List": traffic.list = value
        case "At": traffic.at = try span(value)
        case "For": traffic.lasting = try span(value)
        case "Count": traffic.count = try whole(value, 1...1_000_000)
        case "Every": traffic.every = try span(value)
        case "From": traffic.from = value
        case "Posters": traffic.posters = try whole(value, 1...1_000_000)
        case "FirstMember": traffic.firstMember = try whole(value, 0...9_999_999)
        case "Replies": traffic.replyShare = try share(value)
        case "Strangers": traffic.strangerShare = try share(value)
        case "PerDay": traffic.perDay = try real(value, 0...1_000_000)
        case "PerHour": traffic.perHour = try range(value)
        case "R": traffic.reproduction = try real(value, 0...1_000_000)
        case "MedianDelay": traffic.medianDelay = try span(value)
        case "Saturation": traffic.saturation = try share(value)
        case "NewMail": traffic.newMailShare = try share(value)
        case "Repeats": traffic.repeatShare = try share(value)
        case "Robots": traffic.robots = try whole(value, 0...100_000)
        case "Flagged": traffic.isFlagged = try flag(value)
        case "Ring": traffic.isRing = try flag(value)
        case "Held": traffic.isHeld = try flag(value)
        case "Age": traffic.age = try span(value)
        case "Program": traffic.isProgram = try flag(value)
        case "Recipients": traffic.recipients = try whole(value, 1...1_000_000)
        default: throw error("unknown key '\(key)' in [Traffic]")
        }
        scenario.traffic[last] = traffic
    }
}
