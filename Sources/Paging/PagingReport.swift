// SPDX-License-Identifier: Apache-2.0
//
// What paging tells the program that runs it. Libraries do not log: here stands what there is to
// be logged, counted and shown.

public import EventTime

/// Something that happened while paging.
public enum PagingReport: Sendable, Equatable {
    /// A script ran: which try, with which pages, and how it ended.
    case tried(target: String, event: String, about: Subjects, attempt: Int64, result: RunResult)
    /// A target used up its attempts for these pages, and gets slow ones; log at crit.
    case gaveUp(target: String, about: Subjects)
    /// A target that was given up did not take these pages until long after they were over.
    case forgot(target: String, about: Subjects)
    /// A script's answer says that somebody took the incident over.
    case acknowledged(incident: Int64, by: String)
    /// The heartbeat has fallen silent, for this reason; said once.
    case heartbeatSilent(String)
    /// The heartbeat's script failed.
    case heartbeatFailed(RunResult)
    /// The outbox could not be read or written; pages go out from memory.
    case outboxFailed(String)
    /// The outbox can be written again.
    case outboxWorks
}

/// What pages are about.
public struct Subjects: Sendable, Equatable {
    /// Their dedup keys.
    public var keys: [String]
    /// The incidents among them, ascending.
    public var incidents: [Int64]

    /// Subjects with every field given.
    public init(keys: [String], incidents: [Int64]) {
        self.keys = keys
        self.incidents = incidents
    }
}

/// What became of a trial page.
public struct TestResult: Sendable, Equatable {
    /// The target's name.
    public var target: String
    /// How its script ended.
    public var result: RunResult

    init(_ target: String, _ result: RunResult) {
        self.target = target
        self.result = result
    }

    /// Whether the page was delivered.
    public var isDelivered: Bool { result.outcome == .delivered }
}

/// How paging stands.
public struct PagingHealth: Sendable, Equatable {
    /// Whether the loop runs.
    public var isRunning: Bool
    /// Pages whose matter lasts.
    public var open: Int64
    /// Pages that some target is still to be told of.
    public var pending: Int64
    /// When the oldest of those was taken.
    public var oldestPending: Timestamp?
    /// Targets whose last run failed, with how.
    public var failing: [String: String]
    /// Why the outbox does not work; nil when it does.
    public var outboxError: String?
}
