// SPDX-License-Identifier: Apache-2.0
//
// `delay=a, delays=b/c/d/e` in Postfix's own rounding: two significant digits, nothing below 0.01 s,
// whole seconds from 10 s on, trailing zeros dropped; log_adhoc.c, format_tv.c.

internal import EventTime

/// The delays of one delivery.
struct Delays {
    var total: TimeSpan
    var setUp = TimeSpan(microseconds: 0)
    var transmission = TimeSpan(microseconds: 0)

    /// `delay=0.03, delays=0/0.01/0/0.01`.
    var text: String {
        let total = max(0, self.total.microseconds)
        let sending = min(max(0, transmission.microseconds), total)
        let connecting = min(max(0, setUp.microseconds), total - sending)
        // Before the queue manager took the message: at most 10 ms of what is left.
        let before = min(10_000, total - sending - connecting)
        let waiting = total - sending - connecting - before
        let parts = [before, waiting, connecting, sending].map(Self.number).joined(separator: "/")
        return "delay=\(Self.number(total)), delays=\(parts)"
    }

    /// Microseconds as Postfix prints seconds.
    static func number(_ microseconds: Int64) -> String {
        let hundredths = (microseconds + 5_000) / 10_000
        if hundredths >= 1000 { return String((microseconds + 500_000) / 1_000_000) }
        if hundredths >= 100 {
            let tenths = (microseconds + 50_000) / 100_000
            return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        }
        if hundredths == 0 { return "0" }
        if hundredths % 10 == 0 { return "0.\(hundredths / 10)" }
        return "0." + (hundredths < 10 ? "0" : "") + String(hundredths)
    }
}
