// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target: Sympa.

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe fuzz(start, count, as: .sympa, "sympa_msg")
    return 0
}
