// SPDX-License-Identifier: Apache-2.0
//
// Programs of mail servers that cannot be installed beside Postfix: taken from where they belong,
// or from Debian's packages unpacked into .build/mailers (`.ci/install mailers`). Where they are
// missing the tests that want them are skipped, loudly.

import Glibc

/// Where the programs of other mail servers are on this machine.
enum OtherMailers {
    static let unpacked =
        "\(#filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined())"
        + "/.build/mailers"

    static let makemap = find("/usr/sbin/makemap", "/usr/libexec/sendmail/makemap")

    private static func find(_ installed: String, _ packaged: String) -> String {
        unsafe access(installed, X_OK) == 0 ? installed : unpacked + packaged
    }
}
