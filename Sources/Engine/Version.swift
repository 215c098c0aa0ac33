// SPDX-License-Identifier: Apache-2.0
//
// The version, once for all programs; debian/changelog and the manuals carry the same.

/// The version of listbreaker.
public enum Version {
    /// MAJOR.MINOR.PATCH, semver.org.
    public static let text = "0.1.0"
}
