// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target: Sendmail.

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe fuzz(start, count, as: .sendmail, "sm-mta")
    return 0
}
