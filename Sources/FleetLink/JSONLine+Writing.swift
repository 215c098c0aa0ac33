// SPDX-License-Identifier: Apache-2.0
//
// A value as a line of JSON, by the standard library's Codable. Of what that can say only what our messages
// are made of is known: flags, whole numbers, texts, lists, and objects of these.

/// One line of JSON.
enum JSONLine {
    /// `value` as a line, without its end.
    static func write(_ value: some Encodable) throws -> [UInt8] {
        let place = JSONPlace()
        try place.put(value)
        return Array(place.tree.line.utf8)
    }
}

/// Where a value is put.
private final class JSONPlace {
    private enum Content {
        case value(JSONTree)
        case list([JSONPlace])
        case object([(name: String, place: JSONPlace)])
    }

    private var content = Content.value(.null)

    var tree: JSONTree {
        switch content {
        case .value(let tree): tree
        case .list(let places): .list(places.map(\.tree))
        case .object(let fields):
            .object(Dictionary(fields.map { ($0.name, $0.place.tree) }) { _, last in last })
        }
    }

    func put(_ value: some Encodable) throws {
        switch value {
        case let flag as Bool: content = .value(.flag(flag))
        case let text as String: content = .value(.text(text))
        case let number as any FixedWidthInteger: content = .value(.number("\(number)"))
        // It would ask us for itself, for ever.
        case is any BinaryFloatingPoint:
            let what = EncodingError.Context(
                codingPath: [],
                debugDescription: "no fractions are said"
            )
            throw EncodingError.invalidValue(value, what)
        default: try value.encode(to: JSONWriter(place: self))
        }
    }

    func clear() { content = .value(.null) }

    func beginObject() { if case .object = content {} else { content = .object([]) } }

    func beginList() { if case .list = content {} else { content = .list([]) } }

    func field(_ name: String) -> JSONPlace {
        let place = JSONPlace()
        if case .object(var fields) = content {
            fields.append((name, place))
            content = .object(fields)
        }
        return place
    }

    func item() -> JSONPlace {
        let place = JSONPlace()
        if case .list(var places) = content {
            places.append(place)
            content = .list(places)
        }
        return place
    }

    var count: Int { if case .list(let places) = content { places.count } else { 0 } }
}

private struct JSONWriter: Encoder, SingleValueEncodingContainer {
    let place: JSONPlace
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        place.beginObject()
        return KeyedEncodingContainer(Fields<Key>(place: place))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        place.beginList()
        return Items(place: place)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    mutating func encodeNil() { place.clear() }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try place.put(value) }

    private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let place: JSONPlace
        var codingPath: [any CodingKey] { [] }

        mutating func encodeNil(forKey key: Key) { place.field(key.stringValue).clear() }
        mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            try place.field(key.stringValue).put(value)
        }
        mutating func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Inner> {
            JSONWriter(place: place.field(key.stringValue)).container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            JSONWriter(place: place.field(key.stringValue)).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { JSONWriter(place: place.field("super")) }
        mutating func superEncoder(forKey key: Key) -> any Encoder {
            JSONWriter(place: place.field(key.stringValue))
        }
    }

    private struct Items: UnkeyedEncodingContainer {
        let place: JSONPlace
        var codingPath: [any CodingKey] { [] }
        var count: Int { place.count }

        mutating func encodeNil() { place.item().clear() }
        mutating func encode<Value: Encodable>(_ value: Value) throws {
            try place.item().put(value)
        }
        mutating func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type
        ) -> KeyedEncodingContainer<Inner> {
            JSONWriter(place: place.item()).container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            JSONWriter(place: place.item()).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { JSONWriter(place: place.item()) }
    }
}
