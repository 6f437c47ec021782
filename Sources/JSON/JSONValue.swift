/// A JSON value (RFC 8259).
package indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits into 64 bits.
    case integer(Int64)
    /// Any other number; always finite when it was parsed.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The text of a string; `nil` for every other kind.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of an integer; `nil` for every other kind.
    package var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The value of `true` or `false`; `nil` for every other kind.
    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array; `nil` for every other kind.
    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The object; `nil` for every other kind.
    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// What kind of value it is, in words for an error message: `a string`, `null`, ….
    package var kindText: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One member of an object.
///
/// Two members are equal if name and value are; where they were written does not count.
package struct JSONMember: Sendable, Hashable {
    package let name: String
    package var value: JSONValue
    /// The line of the name in the parsed text, counted from 1; 0 if it was not parsed.
    package let line: Int

    package init(name: String, value: JSONValue, line: Int = 0) {
        self.name = name
        self.value = value
        self.line = line
    }

    package static func == (left: JSONMember, right: JSONMember) -> Bool {
        left.name == right.name && left.value == right.value
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value)
    }
}

/// An object: named values in the order in which they were written.
///
/// A parsed object never has two members of one name. Objects are equal if their members are,
/// in the same order.
package struct JSONObject: Sendable, Hashable {
    package private(set) var members: [JSONMember]

    /// Makes an object of members, whose names must differ.
    package init(members: [JSONMember] = []) {
        self.members = members
    }

    /// The value of a name; setting replaces it in place, appends it, or with `nil` removes it.
    ///
    /// Takes a time proportional to the number of members.
    package subscript(name: String) -> JSONValue? {
        get { member(name)?.value }
        set {
            guard let index = members.firstIndex(where: { $0.name == name }) else {
                if let newValue { members.append(JSONMember(name: name, value: newValue)) }
                return
            }
            if let newValue {
                members[index].value = newValue
            } else {
                members.remove(at: index)
            }
        }
    }

    /// The member of a name, with the line where it was written.
    package func member(_ name: String) -> JSONMember? {
        members.first { $0.name == name }
    }
}
