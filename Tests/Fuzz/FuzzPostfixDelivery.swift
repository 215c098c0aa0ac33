// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target: Postfix's delivery agents.

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe fuzz(start, count, as: .postfix, "postfix/smtp")
    return 0
}
