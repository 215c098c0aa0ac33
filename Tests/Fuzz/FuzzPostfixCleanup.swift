// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target: Postfix's cleanup, smtpd and the rest.

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe fuzz(start, count, as: .postfix, "postfix/cleanup")
    return 0
}
