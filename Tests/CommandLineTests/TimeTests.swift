// SPDX-License-Identifier: Apache-2.0
//
// Times as people type and read them. What the wall's clock of another zone shows is asked of the program
// itself: a zone is a process's own.

import ArgumentParser
import Control
import EventTime
import Testing

@testable import listbreaker

/// Sunday, 2026-11-29 18:30:15 UTC.
private let now = Timestamp(seconds: 1_795_977_015)

private func time(_ text: String, _ direction: TimeArgument.Direction = .back) -> String? {
    LocalTime.$zone.withValue(.utc) {
        TimeArgument(now: now, direction: direction).time(text)?.rfc3339
    }
}

@Suite struct `A time on the command line` {
    @Test(arguments: [
        ("now", "2026-11-29T18:30:15Z"), ("today", "2026-11-29T00:00:00Z"),
        ("yesterday", "2026-11-28T00:00:00Z"), ("tomorrow 18:00", "2026-11-30T18:00:00Z"),
        ("2026-12-01", "2026-12-01T00:00:00Z"), ("2026-12-01 09:30", "2026-12-01T09:30:00Z"),
        ("2026-12-01T09:30:07", "2026-12-01T09:30:07Z"),
        ("2026-12-01T09:30:00+01:00", "2026-12-01T08:30:00Z"),
        ("2026-12-01T09:30:00Z", "2026-12-01T09:30:00Z"),
        ("Tue 2026-12-01 09:00", "2026-12-01T09:00:00Z"),
        ("tuesday  2026-12-01", "2026-12-01T00:00:00Z"), ("18:00", "2026-11-29T18:00:00Z"),
        ("18:00:05 UTC", "2026-11-29T18:00:05Z"), ("@1395716396", "2014-03-25T02:59:56Z"),
        ("+3h30min", "2026-11-29T22:00:15Z"), ("-5s", "2026-11-29T18:30:10Z"),
        ("11min ago", "2026-11-29T18:19:15Z"), ("1h left", "2026-11-29T19:30:15Z"),
    ])
    func `is any form of systemd.time(7)`(text: String, expected: String) {
        #expect(time(text) == expected)
    }

    @Test func `a span alone leads where the option asks for`() {
        #expect(time("2h", .back) == "2026-11-29T16:30:15Z")
        #expect(time("2h", .ahead) == "2026-11-29T20:30:15Z")
        #expect(time("1d 2h", .ahead) == "2026-11-30T20:30:15Z")
    }

    @Test(arguments: [
        "", " ", "rubbish", "2026", "2026-13-01", "2026-02-30", "26-12-01", "18", "24:00", "18:60",
        "18:00:61", "Wed 2026-12-01", "tomorrow 18:00 x", "@-1", "@99999999999999999999",
        "2026-12-01T",
        "+", "2x ago", "tomorrow tomorrow", "-1-1-1", "1:2:3:4", "٣:٠٠",
    ])
    func `anything else is refused`(text: String) {
        #expect(time(text) == nil)
    }

    @Test func `the refusal says what is accepted`() {
        #expect {
            _ = try ExpectCommand.parse(["a@b", "--copies", "1", "--until", "soon"])
        } throws: { error in
            let text = ExpectCommand.message(for: error)
            return text.contains("'soon' is no time") && text.contains("tomorrow 18:00")
        }
    }
}

@Suite struct `A time that is shown` {
    @Test func `in a sentence of the daemon is made readable`() {
        LocalTime.$zone.withValue(.utc) {
            #expect(
                LocalTime.inWords("until 2026-11-24T07:31:11.25Z, Z and 2026-99-24T07:31:11Z")
                    == "until 2026-11-24 07:31:11 UTC, Z and 2026-99-24T07:31:11Z"
            )
            #expect(LocalTime.title == "UTC")
        }
    }

    @Test(arguments: [
        ("Europe/Paris", "2026-07-01 12:00", "2026-07-01 12:00:00 CEST"),
        ("Europe/Paris", "2026-12-01T12:00:00Z", "2026-12-01 13:00:00 CET"),
        ("UTC", "2026-12-01 12:00", "2026-12-01 12:00:00 UTC"),
        // The clock jumps over that half hour.
        ("Europe/Paris", "2026-03-29 02:30", "2026-03-29 03:30:00 CEST"),
        ("America/New_York", "2026-07-01T16:00:00Z", "2026-07-01 12:00:00 EDT"),
    ])
    func `is by the clock of the reader's zone, there and back`(
        zone: String,
        typed: String,
        shown: String
    ) async throws {
        try await withDaemon({ request, _ in
            .done("expected until \(request.until?.rfc3339 ?? "nothing")")
        }) { path in
            let outcome = try await run(
                ["expect", "a@example.org", "--copies", "1", "--until", typed, "--socket", path],
                ["TZ": zone]
            )
            #expect(outcome.code == 0)
            #expect(outcome.output == "expected until \(shown)\n", "\(outcome)")
        }
    }
}
