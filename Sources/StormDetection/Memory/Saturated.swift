// SPDX-License-Identifier: Apache-2.0
//
// Sums and products that stop at the ends: a hostile log may hold any figure.

extension Int64 {
    /// The sum, held at the ends.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The product, held at the ends.
    func multipliedSaturated(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}
