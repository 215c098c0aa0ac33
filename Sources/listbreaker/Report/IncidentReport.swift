// SPDX-License-Identifier: Apache-2.0
//
// The report of an incident, for those who were not there: what happened, who was hit, what was done,
// what would have come, and drafts of what is to be said now. Its headings are those of a
// post-mortem; what only people know stays blank under its heading.

internal import Breaker
internal import EventTime
internal import Reports
internal import StormDetection
internal import Words

/// Writes the report of an incident.
struct IncidentReport {
    let account: IncidentAccount

    private var incident: IncidentStatus { account.incident }

    /// The report.
    var document: Document {
        var parts: [Document.Part] = [
            .heading("What happened"), .paragraph(account.summary), .facts(account.facts),
        ]
        parts += account.curves.map { .curve($0) }
        parts.append(.heading("Who was hit"))
        parts.append(.paragraph(impact))
        if let posters = account.posters {
            parts += [
                .heading("Who posted"), .paragraph("Up to the trip, as far as it is remembered."),
            ]
            parts.append(.table(posters))
        }
        parts += [.heading("What was done"), .paragraph(deeds)]
        if let trips = account.tripTable {
            parts += [.paragraph("It tripped \(trips.rows.count) times:"), .table(trips)]
        }
        if let timeline = account.timeline { parts.append(.table(timeline)) }
        parts.append(.heading("What would have come"))
        parts.append(.paragraph(outlook))
        parts += [
            .blank("Why the list could do this"),
            .blank("What will be changed, by whom, until when"),
        ]
        if incident.scope.sender == nil, incident.scope != .queue {
            parts.append(.heading("Drafts"))
            parts.append(.letter(title: "To the members of the list:", lines: toMembers))
            parts.append(.letter(title: "To the owner of the list:", lines: toOwner))
        }
        return Document(
            title: "Incident \(incident.number): \(account.name)",
            subtitle: "Tripped \(StateWords.time(incident.tripped))\(again). "
                + "Written by listbreaker from its own records.",
            parts: parts
        )
    }

    private var again: String {
        incident.lastTripped.map { ", and again \(StateWords.time($0))" } ?? ""
    }

    private var impact: String {
        var sentences: [String] = []
        if let members = account.figure("members") {
            sentences.append("\(account.name) has some \(members.grouped) members.")
        }
        if let day = account.figure("mails_day") {
            sentences.append(
                "Each of them had got up to \(day.counting("mail")) of it within 24 hours at \(account.theTrip)."
            )
        }
        if let mails = account.mailsByNow {
            let when = incident.reset == nil ? "by now it is" : "at the reset it was"
            sentences.append("Mail flowed on, and \(when) \(mails.counting("mail")).")
        }
        if let announced = account.figure("copies_announced") {
            let sent =
                account.figure("copies_sent").map { ", \($0.grouped) had been sent by then" } ?? ""
            sentences.append(
                "\(announced.grouped) copies had been announced at \(account.theTrip)\(sent)."
            )
        }
        if let course = account.courseSentence { sentences.append(course) }
        if sentences.isEmpty { sentences.append("The log does not tell how many were hit.") }
        return sentences.joined(separator: " ")
    }

    private var deeds: String {
        guard account.wasHalted else {
            let kept = account.sums.map(\.announced).flatMap { $0 > 0 ? $0 : nil }
            return "listbreaker observed: it decided and paged, and halted no mail."
                + (kept.map {
                    " Armed it would have kept back what was announced behind the trip: "
                        + "\($0.counting("copy", "copies")) \(account.untilWhen)."
                } ?? "")
        }
        var sentences = ["The breaker opened \(StateWords.time(incident.tripped))\(again)."]
        if account.isObserved {
            sentences.append("The last time it only observed, and halted no mail.")
        }
        switch incident.reach?.known {
        case _ where account.isObserved: break
        case .queue: sentences.append("All outbound mail of the host was halted.")
        case .list, .narrow: sentences.append("The list's own mail was stopped, other mail flowed.")
        case nil: break
        }
        sentences.append(
            "\(incident.held.counting("message")) held; \(incident.leaked.counting("delivery", "deliveries"))"
                + " of it began after the halt\(account.inAll)."
        )
        if let reset = incident.reset {
            let by = incident.resetBy.map { " by \(account.mask($0))" } ?? ""
            sentences.append("It was reset \(StateWords.time(reset))\(by).")
        } else {
            sentences.append("It has not been reset.")
        }
        return sentences.joined(separator: " ")
    }

    private var outlook: String {
        guard let forecast = incident.forecast else {
            return "There is no forecast: the storm was too short, or tripped by hand."
        }
        return "Had nobody and nothing stopped it: \(IncidentAccount.grouped(forecast))."
    }

    private var day: String { String(StateWords.briefTime(incident.tripped).prefix(10)) }

    private var toMembers: [String] {
        let list = incident.scope.name
        let known = account.mailsByNow ?? account.figure("mails_day")
        let least = account.flowedOn ? "at least " : ""
        let mails = known.map { least + $0.counting("mail") } ?? "mails"
        return [
            "Subject: \(list): what happened on \(day)", "",
            "Dear members of \(list),", "",
            "on \(day) answers to this list went to all of you. Each of you may have got \(mails)",
            "that you did not ask for. \(account.isObserved ? "We saw it" : "Our mail server stopped it") at "
                + "\(StateWords.time(incident.tripped)).", "",
            "Please do not answer such mails, also not to ask that they end: that is what kept it going.",
            "Nothing is wrong with your own mailbox, and there is nothing for you to do.", "",
            "We are sorry.", "", "[name]",
        ]
    }

    private var toOwner: [String] {
        [
            "Subject: \(incident.scope.name): please close it to strangers' posts", "",
            "Dear owner,", "",
            account.summary, "",
            "Before it is opened again, please see that",
            "  - only those whose posts are meant for everybody may post, all others are moderated;",
            "  - answers go to the writer and not to the list (Reply-To);",
            "  - mail of robots (Auto-Submitted, Precedence) is not redistributed.", "",
            "What was held is kept until you and we have agreed what becomes of it.", "", "[name]",
        ]
    }
}
