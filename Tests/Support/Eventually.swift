// SPDX-License-Identifier: Apache-2.0
//
// Waiting for what another thread or program does. The mistake to avoid: a pause of fixed length; on a
// loaded machine it is too short, and everywhere else too long.

internal import Glibc

/// Whether `condition` comes true within `seconds`.
public func eventually(
    _ seconds: Int = 30,
    _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        usleep(2000)
    }
    return try condition()
}

/// Whether `condition` comes true within `seconds`; other tasks of the thread go on meanwhile.
public func eventuallyAsync(
    _ seconds: Int = 30,
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return try await condition()
}
