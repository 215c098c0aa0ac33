// SPDX-License-Identifier: Apache-2.0
//
// One value on the heap that is still a value: an array of one. A growing array of large structs
// would hold up to twice their memory; an array of these holds eight bytes for each.

/// A value kept outside of whatever holds it.
struct Boxed<Value: Sendable>: Sendable {
    private var storage: ContiguousArray<Value>

    init(_ value: Value) {
        storage = [value]
    }

    /// The value; changed in place.
    var value: Value {
        get { storage[0] }
        _modify { yield &storage[0] }
    }
}
