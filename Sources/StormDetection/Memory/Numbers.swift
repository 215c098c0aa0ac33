// SPDX-License-Identifier: Apache-2.0
//
// The only mathematics taken from the C library: exp, log, exp2. They are pure functions; nothing
// else of Glibc may be used in this target.

import Glibc

/// e to the power of `value`; 0 for what is too small.
@inline(__always)
func exponential(_ value: Double) -> Double { Glibc.exp(value) }

/// The natural logarithm; `value` must be above 0.
@inline(__always)
func logarithm(_ value: Double) -> Double { Glibc.log(value) }

/// What is left of 1 after `seconds` at the given half-life; between 0 and 1.
@inline(__always)
func halved(_ seconds: Double, halfLife: Double) -> Double {
    Glibc.exp2(-max(0, seconds) / halfLife)
}
