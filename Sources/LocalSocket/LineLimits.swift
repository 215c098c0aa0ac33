// SPDX-License-Identifier: Apache-2.0
//
// Every bound of this target in one value. The defaults are what the control socket and the
// actuator use; tests shorten the deadlines. None of them may be zero.

/// Bounds of a server and its clients.
public struct LineLimits: Sendable, Equatable {
    /// Longest request line in bytes, newline excluded: 64 KiB.
    ///
    /// Chosen: 1,000 queue IDs fit.
    public var requestBytes = 64 << 10
    /// Longest answer in bytes, progress lines included: 16 MiB.
    ///
    /// Chosen: 10,000 lists as JSON.
    public var answerBytes = 16 << 20
    /// Time a client has for its whole request line: 2 s.
    ///
    /// Chosen; a local client needs 1 ms.
    public var readDeadline: Duration = .seconds(2)
    /// Longest time a client may take no byte of its answer: 10 s.
    ///
    /// Chosen.
    public var writeDeadline: Duration = .seconds(10)
    /// Connections that have not been accepted yet, listen(2): 8.
    ///
    /// Chosen.
    public var waiting: Int32 = 8
    /// Connections served at once: 32.
    ///
    /// Chosen, as OpenSMTPD's control socket per uid.
    public var connections = 32
    /// Connections of one uid other than root: 8.
    ///
    /// Chosen, so that no user shuts others out.
    public var connectionsPerUser = 8
    /// ``LineServer/run()`` returns after this long without a connection; nil: never.
    public var idle: Duration?

    /// The defaults.
    public init() {}
}
