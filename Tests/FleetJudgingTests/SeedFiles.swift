// SPDX-License-Identifier: Apache-2.0
//
// The scenario files of seeds/.

import Foundation
import StormSimulator

enum SeedFiles {
    private static let root =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    static func scenario(_ name: String) throws -> Scenario {
        let path = "\(root)/seeds/\(name).scenario"
        return try Scenario(text: String(contentsOfFile: path, encoding: .utf8), path: path)
    }

    /// Names of the scenarios that promise no trip, and nothing else of trips.
    static let harmless: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/seeds")) ?? []
        return files.filter { $0.hasSuffix(".scenario") }.map { String($0.dropLast(9)) }.sorted()
            .filter { name in
                guard let scenario = try? scenario(name) else { return false }
                let kinds = scenario.expectations.map(\.kind)
                return kinds.contains(.noTrip) && !kinds.contains(.trip)
            }
    }()
}
