// SPDX-License-Identifier: Apache-2.0
//
// Aliases with many recipients in Postfix's own files: lists that nobody thinks of as lists, and that the
// log does not show before somebody has posted. Only text files are read, the local ones of aliases(5);
// what is in a database or a directory service is not seen. The mistake to avoid: running what is in
// them; an alias may be a pipe.

internal import Linux
internal import Words

/// The large aliases of one Postfix.
struct LargeAliases {
    /// One of them.
    struct Found: Equatable {
        /// Its address.
        var address: String
        /// Recipients.
        var members: Int64
        /// Where it stands.
        var file: String
    }

    /// Recipients from which on an alias is large; chosen: what an announcement list needs to trip
    /// before anything is known of it.
    static let fewest: Int64 = 100
    /// Files that one alias may include, those that its files include counted; chosen.
    private static let mostIncluded = 50

    let configDirectory: String?

    /// Those that were found, largest first; none where there is no Postfix.
    var found: [Found] {
        guard let maps = try? Postconf.ask(configDirectory, ["-xh", "alias_maps"]),
            let domain = try? Postconf.ask(configDirectory, ["-xh", "myorigin"])
        else { return [] }
        // Debian keeps the name in a file.
        let origin = domain.hasPrefix("/") ? Self.firstLine(of: domain) : domain
        let files = maps.split { ", \t\n".contains($0) }.compactMap(Self.file)
        return files.flatMap { file -> [Found] in
            guard let bytes = try? TextFile.read(file) else { return [] }
            return Self.aliases(in: String(decoding: bytes, as: UTF8.self)).compactMap {
                alias -> Found? in
                let members = Self.count(alias.value)
                guard members >= Self.fewest else { return nil }
                let name = alias.name.lowercased()
                let address = name.contains("@") ? name : "\(name)@\(origin.lowercased())"
                return Found(address: address, members: members, file: file)
            }
        }.sorted { ($1.members, $0.address) < ($0.members, $1.address) }
    }

    /// The text file behind `hash:/etc/aliases`; nil of a kind that has none.
    static func file(_ map: Substring) -> String? {
        let parts = map.split(separator: ":", maxSplits: 1)
        guard parts.count == 2,
            ["hash", "btree", "dbm", "lmdb", "cdb", "texthash"].contains(parts[0]),
            parts[1].hasPrefix("/")
        else { return nil }
        return String(parts[1])
    }

    /// The aliases of aliases(5): `name: value, value`, continued by lines that begin with a blank.
    static func aliases(in text: String) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.first == " " || line.first == "\t" {
                if !found.isEmpty { found[found.count - 1].value += "," + line }
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].filter { $0 != "\"" && $0 != " " && $0 != "\t" }
                found.append((name, String(line[line.index(after: colon)...])))
            }
        }
        return found
    }

    /// Recipients that `value` names, those of included files counted, also of files that these include.
    static func count(_ value: String) -> Int64 {
        var included: Set<String> = []
        return count(value.split(separator: ","), &included)
    }

    /// Each file of `included` is counted once: a file may include itself.
    private static func count(_ parts: [Substring], _ included: inout Set<String>) -> Int64 {
        var count: Int64 = 0
        for part in parts {
            let word = part.drop { $0.isWhitespace || $0 == "\"" }
            if word.hasPrefix(":include:") {
                let path = word.dropFirst(9).filter { $0 != "\"" && !$0.isWhitespace }
                guard included.count < mostIncluded, included.insert(path).inserted,
                    let bytes = try? TextFile.read(path)
                else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                let nested = text.split(whereSeparator: { $0 == "," || $0.isNewline })
                    .filter { $0.contains(":include:") && !$0.hasPrefix("#") }
                count += recipients(in: text) - Int64(nested.count)
                count += Self.count(nested, &included)
            } else if word.contains("@"), !word.hasPrefix("|"), !word.hasPrefix("/") {
                count += 1
            }
        }
        return count
    }

    /// Recipients in an included file: a line each, or several with commas.
    static func recipients(in text: String) -> Int64 {
        text.split(whereSeparator: \.isNewline).reduce(0) { sum, line in
            let words = line.split(separator: ",")
            return line.hasPrefix("#")
                ? sum : sum + Int64(words.count { !$0.allSatisfy(\.isWhitespace) })
        }
    }

    private static func firstLine(of path: String) -> String {
        let bytes = (try? TextFile.read(path)) ?? []
        return String(String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" })
    }
}
