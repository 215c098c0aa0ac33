// SPDX-License-Identifier: Apache-2.0
//
// What is to be told to whom, and when: a value that reads no clock and throws no dice, so that
// every weekend can be tested in a second. It decides; Pager carries out. The mistake to avoid:
// telling a target of the end of something it was never told of, or the reverse.

import Breaker
import EventTime
import Settings

/// The pages that are open or not yet delivered.
struct PageQueue: Sendable {
    /// What became of an alert that was handed in.
    enum Taken: Sendable, Equatable {
        /// It will be delivered.
        case queued
        /// It says what was said already, or ends what was never told.
        case known
    }

    /// Most pages at a time; further ones become one page that counts them.
    ///
    /// Chosen: some 10 MB.
    static let mostPages = 4_096
    /// How long a page that nothing resolves is remembered.
    ///
    /// Chosen.
    static let memory = TimeSpan.days(30)
    static let overflowKey = "listbreaker-overflow"

    var pages: [String: Page] = [:]
    var settings: PagingSettings
    /// Targets whose script runs just now.
    var running: Set<String> = []
    /// What each target may still get on its own.
    var budgets: [String: [Budget.Purse: Budget]] = [:]
    private var changed: Set<String> = []

    /// A queue with the rows of an outbox.
    init(settings: PagingSettings, pages: [Page] = []) {
        self.settings = settings
        for page in pages { self.pages[page.key] = page }
    }

    // MARK: Taking alerts

    /// Takes an alert, or the end of one.
    mutating func submit(_ alert: Alert, at now: Timestamp) -> Taken {
        alert.isResolved ? resolve(alert, at: now) : fire(alert, at: now)
    }

    private mutating func fire(_ alert: Alert, at now: Timestamp) -> Taken {
        guard var page = pages[alert.dedupKey], page.resolution == nil else {
            // What nobody was told of needs no word that somebody took it over.
            if alert.kind == .acknowledged { return .known }
            if pages.count >= Self.mostPages { prune(at: now) }
            guard pages.count < Self.mostPages || alert.dedupKey == Self.overflowKey else {
                return fire(overflow(alert, at: now), at: now)
            }
            var page = Page(alert, at: now)
            schedule(&page, at: now)
            put(page)
            return .queued
        }
        guard page.alert != alert else { return .known }
        let isSameAgain =
            alert.kind == .trip || (alert.kind == page.alert.kind && alert.kind != .reminder)
        page.alert = alert
        guard !isSameAgain || now - page.paged >= settings.repeatInterval else {
            // What is not delivered yet is delivered with the newer figures.
            put(page)
            return .known
        }
        page.paged = now
        page.serial &+= 1
        if alert.kind == .acknowledged { takeOver(&page, at: now) }
        schedule(&page, at: now)
        put(page)
        return .queued
    }

    /// Sets when each target is told of the page's alert: at once, or when its turn comes.
    private func schedule(_ page: inout Page, at now: Timestamp) {
        for target in settings.targets where target.name != page.alert.figures["target"] {
            let isLater = target.escalateAfter > .seconds(0)
            var delivery = page.deliveries[target.name] ?? Delivery(state: .done)
            // Once somebody has taken over, nobody is woken who has not been so far.
            let isNew = page.alert.kind != .acknowledged && (!isLater || page.acknowledged == nil)
            let isWanted = isNew || delivery.wasTried
            guard delivery.due == nil || delivery.isSlow, isWanted else { continue }
            delivery.beginAnew(at: isLater ? max(now, page.opened + target.escalateAfter) : now)
            page.deliveries[target.name] = delivery
        }
    }

    private mutating func resolve(_ alert: Alert, at now: Timestamp) -> Taken {
        var taken = Taken.known
        for page in pages.values where page.resolution == nil && page.isEnded(by: alert) {
            var page = page
            var end = alert
            end.dedupKey = page.key
            page.resolution = end
            page.serial &+= 1
            page.paged = now
            for (target, delivery) in page.deliveries {
                var delivery = delivery
                delivery.beginAnew(at: now)
                if !delivery.wasTried { delivery.state = .done }
                page.deliveries[target] = delivery
            }
            if page.isPending { taken = .queued }
            put(page)
            prune(page.key, at: now)
        }
        return taken
    }

    private func overflow(_ alert: Alert, at now: Timestamp) -> Alert {
        Alert(
            kind: .trip,
            severity: alert.severity,
            summary: "over \(Self.mostPages) matters are open; the newest: \(alert.summary)",
            advice: "See listbreaker status. Further ones are not paged one by one.",
            started: pages[Self.overflowKey]?.first.started ?? now,
            dedupKey: Self.overflowKey
        )
    }

    // MARK: Acknowledging

    /// Takes note that somebody took over what `isMeant` means: nobody further is woken for it.
    ///
    /// Returns whether there was such a page.
    @discardableResult
    mutating func acknowledge(at now: Timestamp, where isMeant: (Page) -> Bool) -> Bool {
        var found = false
        for page in pages.values where page.resolution == nil && isMeant(page) {
            var page = page
            found = true
            takeOver(&page, at: now)
            put(page)
        }
        return found
    }

    private func takeOver(_ page: inout Page, at now: Timestamp) {
        page.acknowledged = page.acknowledged ?? now
        for (target, delivery) in page.deliveries where delivery.due != nil {
            page.deliveries[target]?.state = .done
        }
    }

    /// Takes note that a person took over an incident: nobody further is woken for it.
    @discardableResult
    mutating func acknowledge(incident: Int64, at now: Timestamp) -> Bool {
        acknowledge(at: now) { $0.first.incident == incident }
    }

    /// Puts off what is pending of incidents that last.
    mutating func postpone(until time: Timestamp) {
        for page in pages.values where page.resolution == nil && page.first.incident != nil {
            var page = page
            for (target, delivery) in page.deliveries {
                guard let due = delivery.due, due < time else { continue }
                page.deliveries[target]?.putOff(until: time)
            }
            if page != pages[page.key] { put(page) }
        }
    }

    /// Nobody who was not told of an incident so far needs to be.
    mutating func leave(incident: Int64) {
        for page in pages.values where page.resolution == nil && page.first.incident == incident {
            var page = page
            for (target, delivery) in page.deliveries where delivery.due != nil {
                page.deliveries[target]?.state = .done
            }
            put(page)
        }
    }

    // MARK: Settings, rows

    /// Takes new settings; what no remaining target was told goes to the new ones, and a target
    /// that is set anew is no longer given up.
    mutating func update(_ settings: PagingSettings, at now: Timestamp) {
        let anew = settings.targets.filter { !self.settings.targets.contains($0) }.map(\.name)
        self.settings = settings
        let names = Set(settings.targets.map(\.name))
        for page in pages.values {
            let wasPending = page.isPending
            var page = page
            page.deliveries = page.deliveries.filter { names.contains($0.key) }
            for name in anew where page.deliveries[name]?.isSlow == true {
                page.deliveries[name]?.beginAnew(at: now)
            }
            let isUntold = !page.deliveries.values.contains { $0.wasTried || $0.due != nil }
            if wasPending, isUntold, page.resolution == nil { schedule(&page, at: now) }
            if page != pages[page.key] { put(page) }
        }
        budgets = budgets.filter { names.contains($0.key) }
    }

    mutating func put(_ page: Page) {
        pages[page.key] = page
        changed.insert(page.key)
    }

    /// Forgets everything that is told and over.
    mutating func prune(at now: Timestamp) {
        for key in Array(pages.keys) { prune(key, at: now) }
    }

    /// Forgets a page if it is told and over.
    mutating func prune(_ key: String, at now: Timestamp) {
        guard let page = pages[key], !page.isPending else { return }
        let remembered: TimeSpan =
            page.resolution != nil
            ? .seconds(0) : page.first.kind.isLasting ? Self.memory : settings.repeatInterval
        guard now - page.paged >= remembered else { return }
        pages[key] = nil
        changed.insert(key)
    }

    /// What has changed since the last call: pages to save, and keys to remove.
    mutating func takeChanges() -> (save: [Page], remove: [String]) {
        defer { changed = [] }
        let keys = changed.sorted()
        return (keys.compactMap { pages[$0] }, keys.filter { pages[$0] == nil })
    }
}

extension Page {
    /// Whether `alert` ends this page: the same key, or the same incident.
    fileprivate func isEnded(by alert: Alert) -> Bool {
        key == alert.dedupKey || (alert.incident != nil && first.incident == alert.incident)
    }
}
