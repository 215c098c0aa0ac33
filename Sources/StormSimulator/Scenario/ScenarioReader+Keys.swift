// SPDX-License-Identifier: Apache-2.0
//
// The keys of scenario files, one table a section; what each means is said at the field that it sets,
// and in listbreaker(1), SCENARIO FILES.

internal import EventTime

extension ScenarioReader {
    mutating func setScenario(_ key: String, _ value: String) throws(ScenarioError) {
        switch key {
        case "Title": scenario.title = value
        case "Seed": scenario.seed = UInt64(try whole(value, 0...Int.max))
        case "Start": scenario.start = try time(value)
        case "Duration": scenario.duration = try span(value)
        case "Group": scenario.group = value
        case "Host": scenario.host = value
        case "Clock": scenario.clock = try clock(value)
        case "Filter": scenario.filterDelay = try span(value)
        case "Authors": scenario.hasAuthors = try flag(value)
        case "Late", "LateShare", "Greylisted":
            scenario.lateness = try lateness(key, value, scenario.lateness)
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

    mutating func setHost(_ key: String, _ value: String) throws(ScenarioError) {
        let last = scenario.furtherHosts.count - 1
        switch key {
        case "Share": scenario.furtherHosts[last].share = try share(value)
        case "Clock": scenario.furtherHosts[last].clock = try clock(value)
        default: throw error("unknown key '\(key)' in [Host]")
        }
    }

    mutating func setList(_ key: String, _ value: String) throws(ScenarioError) {
        let last = scenario.lists.count - 1
        switch key {
        case "Members": scenario.lists[last].members = try whole(value, 1...10_000_000)
        case "Shape": scenario.lists[last].shape = try word(value)
        case "Local": scenario.lists[last].localShare = try localShare(value)
        case "CopiesPerSecond":
            scenario.lists[last].copiesPerSecond = try real(value, 0.01...10_000)
        default: throw error("unknown key '\(key)' in [List]")
        }
    }

    mutating func setTraffic(_ key: String, _ value: String) throws(ScenarioError) {
        let last = scenario.traffic.count - 1
        var traffic = scenario.traffic[last]
        switch key {
        case "Kind": traffic.kind = try word(value)
        case "List": traffic.list = value
        case "At": traffic.at = try span(value)
        case "For": traffic.lasting = try span(value)
        case "Count": traffic.count = try whole(value, 1...1_000_000)
        case "Every": traffic.every = try span(value)
        case "PerDay": traffic.perDay = try real(value, 0...1_000_000)
        case "PerHour": traffic.perHour = try range(value)
        case "Ramp": traffic.ramp = try span(value)
        case "R": traffic.reproduction = try real(value, 0...1_000_000)
        case "MedianDelay": traffic.medianDelay = try span(value)
        case "Saturation": traffic.saturation = try share(value)
        case "Replies": traffic.replyShare = try share(value)
        case "NewMail": traffic.newMailShare = try share(value)
        case "AnswerFirst": traffic.answersFirst = try flag(value)
        case "Robots": traffic.robots = try whole(value, 0...100_000)
        case "Ring": traffic.isRing = try flag(value)
        case "Turns": traffic.takesTurns = try flag(value)
        case "Itself": traffic.answersItself = try flag(value)
        case "NewThreads": traffic.startsThreads = try flag(value)
        case "Through": traffic.through = try address(value)
        case "Held": traffic.isHeld = try flag(value)
        case "Program": traffic.isProgram = try flag(value)
        case "Recipients": traffic.recipients = try whole(value, 1...1_000_000)
        case "Storm": traffic.isStorm = try flag(value)
        default:
            var isKnown = try setPeople(&traffic, key, value)
            if !isKnown { isKnown = try setHeaders(&traffic, key, value) }
            guard isKnown else { throw error("unknown key '\(key)' in [Traffic]") }
        }
        scenario.traffic[last] = traffic
    }

    /// Who writes; false for a key of another table.
    private func setPeople(
        _ traffic: inout Traffic,
        _ key: String,
        _ value: String
    ) throws(ScenarioError) -> Bool {
        switch key {
        case "From": traffic.from = value
        case "Posters": traffic.posters = try whole(value, 1...1_000_000)
        case "FirstMember": traffic.firstMember = try whole(value, 0...9_999_999)
        case "Strangers": traffic.strangerShare = try share(value)
        case "Repeats": traffic.repeatShare = try share(value)
        case "Regulars": traffic.regularShare = try share(value)
        case "Outsiders": traffic.outsiderShare = try share(value)
        case "SecondAddresses": traffic.secondAddressShare = try share(value)
        case "RewrittenFrom": traffic.rewrittenFrom = try address(value)
        default: return false
        }
        return true
    }

    /// What the headers say; false for a key of another table.
    private func setHeaders(
        _ traffic: inout Traffic,
        _ key: String,
        _ value: String
    ) throws(ScenarioError) -> Bool {
        switch key {
        case "Flagged":
            if try flag(value) {
                traffic.marks.insert(.autoSubmitted)
            } else {
                traffic.marks.remove(.autoSubmitted)
            }
        case "Marks":
            for part in value.split(separator: ",") {
                traffic.marks.insert(try word(String(Self.trim(part))))
            }
        case "MessageIDs": traffic.messageIDs = try word(value)
        case "Dates": traffic.dates = try word(value)
        case "Age":
            let (least, most) = try spans(value)
            traffic.age = least
            traffic.ageSpread = most - least
        case "Clock": traffic.clock = try clock(value)
        case "Late", "LateShare", "Greylisted":
            traffic.lateness = try lateness(key, value, traffic.lateness)
        default: return false
        }
        return true
    }
}
