// SPDX-License-Identifier: Apache-2.0
//
// Reads a report that may come from an actuator of another version, as in the minute of an
// upgrade: a field that it does not know yet has its default, one that we do not know is passed
// over. What it says of the halt must not be lost because of a field about something else.

internal import FoundationEssentials

extension HaltReport {
    /// The report in `line`; nil when it is none.
    static func read(_ line: [UInt8]) -> HaltReport? {
        let decoder = JSONDecoder()
        if let whole = try? decoder.decode(HaltReport.self, from: Data(line)) { return whole }
        guard let given = try? decoder.decode([String: Member].self, from: Data(line)),
            given["verb"] != nil, given["isHalted"] != nil, given["errors"] != nil,
            let defaults = try? JSONEncoder().encode(HaltReport(verb: .none)),
            let base = try? decoder.decode([String: Member].self, from: defaults),
            let merged = try? JSONEncoder().encode(base.merging(given) { _, given in given })
        else { return nil }
        return try? decoder.decode(HaltReport.self, from: merged)
    }
}

/// Any JSON value.
private enum Member: Codable {
    case null
    case truth(Bool)
    case whole(Int64)
    case number(Double)
    case text(String)
    case list([Member])
    case object([String: Member])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let found = try? value.decode(Bool.self) {
            self = .truth(found)
        } else if let found = try? value.decode(Int64.self) {
            self = .whole(found)
        } else if let found = try? value.decode(Double.self) {
            self = .number(found)
        } else if let found = try? value.decode(String.self) {
            self = .text(found)
        } else if let found = try? value.decode([Member].self) {
            self = .list(found)
        } else {
            self = .object(try value.decode([String: Member].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .truth(let found): try value.encode(found)
        case .whole(let found): try value.encode(found)
        case .number(let found): try value.encode(found)
        case .text(let found): try value.encode(found)
        case .list(let found): try value.encode(found)
        case .object(let found): try value.encode(found)
        }
    }
}
