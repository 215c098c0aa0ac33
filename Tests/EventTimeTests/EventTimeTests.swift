// SPDX-License-Identifier: Apache-2.0
import EventTime
import Testing

@Test(
    arguments: [
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000_250_000, "2023-11-14T22:13:20.25Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
    ] as [(Int64, String)]
)
func `a time is written as RFC 3339 and read back`(microseconds: Int64, text: String) {
    #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
    #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
}

@Test(arguments: [
    "2023-11-14T23:13:20.25+01:00", "2023-11-14 22:13:20.250000Z", "2023-11-14T22:13:20.25",
])
func `other spellings of the same instant are read alike`(text: String) {
    #expect(Timestamp(rfc3339: text)?.microseconds == 1_700_000_000_250_000)
}

@Test(arguments: [
    "", "2023", "2023-13-01", "2023-02-29", "2023-11-14T25:00:00Z", "2023-11-14T22:13:20.Z",
    "2023-11-14T22:13:20ZZ", "2023-11-14T22:13:20+9:00", "２０２３-11-14",
])
func `what is not a time is refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
}

@Test func `every day of eight centuries survives the round trip`() {
    for day in stride(from: Int64(-146_097), through: 146_097, by: 1) {
        let date = CivilDate(daysSinceEpoch: day)
        #expect(date.daysSinceEpoch == day)
        #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
    }
    #expect(CivilDate(daysSinceEpoch: 0).weekday == 3)
    #expect(CivilDate(daysSinceEpoch: 20781).weekday == 1)
}

@Test func `arithmetic saturates instead of trapping`() {
    let latest = Timestamp(microseconds: .max)
    #expect(latest + .days(.max) == latest)
    #expect(Timestamp.distantPast - .seconds(1) == .distantPast)
    #expect((latest - .distantPast).microseconds == .max)
    #expect(Timestamp.distantPast.rfc3339 == "0000-01-01T00:00:00Z")
}
