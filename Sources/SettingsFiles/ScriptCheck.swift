// SPDX-License-Identifier: Apache-2.0
//
// Whether an alert script can be run and nobody but root may change it. It only looks; running it
// is the business of `page --test`.

internal import Glibc
internal import Linux

/// Checks programs that settings name.
public enum ScriptCheck {
    /// What is wrong with the program at `path`; nil when it can be run as the daemon's user.
    ///
    /// Links are followed. Owner and mode matter because whoever may write it may act as the daemon.
    public static func problem(of path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return "\(path): \(Errno.last)"
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return "\(path): not a file" }
        guard status.st_mode & 0o001 != 0 else {
            return "\(path): not everybody may run it; chmod 755"
        }
        guard status.st_mode & 0o022 == 0 else {
            return "\(path): group or others may change it; chmod 755"
        }
        guard status.st_uid == 0 || status.st_uid == getuid() else {
            return "\(path): it belongs to uid \(status.st_uid) and not to root"
        }
        return nil
    }
}

extension SettingsFilesError {
    /// Whether a permission is missing: programs exit 77 then.
    public var isPermission: Bool { errno == EACCES || errno == EPERM }
}
