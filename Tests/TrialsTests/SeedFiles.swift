// SPDX-License-Identifier: Apache-2.0
//
// The scenario files of seeds/, and the list of promises that today's rules miss.

import Foundation
import StormSimulator

/// Files beside Sources and Tests.
enum SeedFiles {
    private static let root =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// Names of the scenarios of seeds/, without their ending.
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/seeds")) ?? []
        return files.filter { $0.hasSuffix(".scenario") }.map { String($0.dropLast(9)) }.sorted()
    }()

    static func scenario(_ name: String) throws -> Scenario {
        let path = "\(root)/seeds/\(name).scenario"
        return try Scenario(text: String(contentsOfFile: path, encoding: .utf8), path: path)
    }

    /// The lines of Tests/Golden/judge/missed.txt that name a promise.
    static let missed: [String] = {
        let path = "\(root)/Tests/Golden/judge/missed.txt"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }()
}
