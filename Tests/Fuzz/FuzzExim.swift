// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target: Exim's main log.

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe fuzz(start, count, as: .exim, "exim")
    return 0
}
