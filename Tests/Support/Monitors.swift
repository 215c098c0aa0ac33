// SPDX-License-Identifier: Apache-2.0
//
// The programs that read our metrics and take our pages, from Debian's packages unpacked into
// .build/monitors (`.ci/install monitors`). Where they are missing, the tests that want them are
// skipped, loudly.

internal import Glibc
internal import Linux

/// Where promtool and Alertmanager are on this machine.
public enum Monitors {
    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        + "/.build/monitors/usr/bin"

    /// promtool(1).
    public static let promtool = "\(folder)/promtool"
    private static let isSkipSaid: Void = print(
        "SKIPPED: the tests with the real promtool and Alertmanager need root, unshare, overlayfs"
            + " and \(folder) (.ci/install monitors)"
    )

    /// Whether promtool is there.
    public static var hasPromtool: Bool {
        let isThere = unsafe access(promtool, X_OK) == 0
        if !isThere { _ = isSkipSaid }
        return isThere
    }

    /// Whether Alertmanager can run.
    public static var hasAlertmanager: Bool {
        let probe = alertmanager(["--version"])
        let isThere =
            (try? ChildCommand(probe[0], Array(probe.dropFirst())).run(within: .seconds(20)))
            .map { $0.end.code == 0 } ?? false
        if !isThere { _ = isSkipSaid }
        return isThere
    }

    /// The command line of an Alertmanager with `arguments`.
    ///
    /// Debian's looks for its templates below /usr/share, so it gets a view of its own of that folder.
    public static func alertmanager(_ arguments: [String]) -> [String] {
        [
            "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
            "mount -t overlay overlay -o \"lowerdir=$1:/usr/share\" /usr/share && shift && exec \"$@\"",
            "sh", String(folder.dropLast("/bin".count)) + "/share",
            "\(folder)/prometheus-alertmanager",
        ] + arguments
    }
}
