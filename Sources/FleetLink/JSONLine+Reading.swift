// SPDX-License-Identifier: Apache-2.0
//
// A line of JSON as a value, by the standard library's Codable. A field that is not known is passed over, as a
// newer program may say it; one of another kind than is wanted is refused.

extension JSONLine {
    /// The value that `bytes` are a line of.
    static func read<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
        guard let tree = JSONTree(bytes) else { throw JSONReading.refusal("it is no JSON") }
        return try JSONReading(tree: tree).decode(type)
    }
}

private struct JSONReading: Decoder, SingleValueDecodingContainer {
    let tree: JSONTree
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func refusal(_ text: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: text))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let fields) = tree else { throw Self.refusal("it is no object") }
        return KeyedDecodingContainer(Fields<Key>(fields: fields))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let values) = tree else { throw Self.refusal("it is no list") }
        return Items(values: values)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { tree == .null }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let plain: Any?
        switch (type, tree) {
        case (is Bool.Type, .flag(let flag)): plain = flag
        case (is String.Type, .text(let text)): plain = text
        case (let number as any FixedWidthInteger.Type, .number(let text)):
            plain = Self.number(number, text)
        case (is Bool.Type, _), (is String.Type, _), (is any FixedWidthInteger.Type, _),
            (is any BinaryFloatingPoint.Type, _):
            plain = nil
        default: return try Value(from: self)
        }
        guard let value = plain as? Value else { throw Self.refusal("it is no \(type)") }
        return value
    }

    private static func number<Number: FixedWidthInteger>(_ type: Number.Type, _ text: String)
        -> Any?
    {
        Number(text)
    }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let fields: [String: JSONTree]
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { fields.keys.compactMap { Key(stringValue: $0) } }

        private func reading(_ key: some CodingKey) throws -> JSONReading {
            guard let tree = fields[key.stringValue] else {
                throw JSONReading.refusal("'\(key.stringValue)' is missing")
            }
            return JSONReading(tree: tree)
        }

        func contains(_ key: Key) -> Bool { fields[key.stringValue] != nil }
        func decodeNil(forKey key: Key) throws -> Bool { try reading(key).decodeNil() }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try reading(key).decode(type)
        }
        func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Inner> {
            try reading(key).container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try reading(key).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder { JSONReading(tree: .object(fields)) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try reading(key) }
    }

    private struct Items: UnkeyedDecodingContainer {
        let values: [JSONTree]
        var currentIndex = 0
        var codingPath: [any CodingKey] { [] }
        var count: Int? { values.count }
        var isAtEnd: Bool { currentIndex >= values.count }

        init(values: [JSONTree]) { self.values = values }

        private mutating func next() throws -> JSONReading {
            guard !isAtEnd else { throw JSONReading.refusal("the list has ended") }
            currentIndex += 1
            return JSONReading(tree: values[currentIndex - 1])
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, values[currentIndex] == .null else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try next().decode(type)
        }
        mutating func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type
        ) throws -> KeyedDecodingContainer<Inner> { try next().container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next().unkeyedContainer()
        }
        mutating func superDecoder() throws -> any Decoder { try next() }
    }
}
