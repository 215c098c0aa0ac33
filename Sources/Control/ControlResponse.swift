// SPDX-License-Identifier: Apache-2.0
//
// What the daemon answers. The code is the exit status that the command line ends with, so that
// scripts and people learn the same.

/// Exit statuses that both sides use; listbreaker(1).
public enum ControlCode {
    /// Done, or closed (mail flows).
    public static let done: Int32 = 0
    /// Could not be done.
    public static let failed: Int32 = 1
    /// A breaker is open (mail halted).
    public static let open: Int32 = 3
    /// Cannot tell, or the daemon cannot be reached.
    public static let unknown: Int32 = 4
    /// The request makes no sense; sysexits.h EX_USAGE.
    public static let usage: Int32 = 64
    /// No permission; sysexits.h EX_NOPERM.
    public static let noPermission: Int32 = 77
    /// Wrong settings; sysexits.h EX_CONFIG.
    public static let configuration: Int32 = 78
}

/// One answer, one line of JSON.
public struct ControlResponse: Sendable, Codable, Equatable {
    /// Whether the request was carried out.
    public var ok: Bool
    /// Exit status, of ``ControlCode``.
    public var code: Int32
    /// What happened, in words; for `metrics` the text itself.
    public var message: String
    /// JSON text, such as the status report; nil when there is none.
    public var body: String?

    /// A response with every field given.
    public init(ok: Bool, code: Int32, message: String, body: String? = nil) {
        self.ok = ok
        self.code = code
        self.message = message
        self.body = body
    }

    /// Carried out: `message`, and perhaps a body.
    public static func done(_ message: String = "", body: String? = nil) -> ControlResponse {
        ControlResponse(ok: true, code: ControlCode.done, message: message, body: body)
    }

    /// Not carried out: `code` and why.
    public static func refused(_ code: Int32, _ message: String) -> ControlResponse {
        ControlResponse(ok: false, code: code, message: message)
    }
}
