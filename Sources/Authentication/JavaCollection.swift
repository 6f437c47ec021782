internal import JSON

/// Lists as Java's JSON libraries write them when they add type names.
enum JavaCollection {
    private static let listClasses: Set = [
        "java.util.ArrayList", "java.util.LinkedList", "java.util.HashSet",
        "java.util.LinkedHashSet", "java.util.TreeSet", "java.util.Arrays$ArrayList",
        "java.util.ImmutableCollections$ListN", "java.util.ImmutableCollections$List12",
        "java.util.Collections$SingletonList", "java.util.Collections$EmptyList",
        "java.util.Collections$UnmodifiableRandomAccessList",
    ]
    private static let scalarClasses: Set = [
        "java.lang.String", "java.lang.Long", "java.lang.Integer", "java.lang.Boolean",
        "java.lang.Double",
    ]

    /// The texts of a value: none for `null`, one for a scalar, those of a list; typed or plain.
    ///
    /// - Returns: `nil` for an object, a list in a list, or an unknown class.
    static func texts(_ value: JSONValue) -> [String]? {
        if value == .null { return [] }
        if let text = scalar(value) { return [text] }
        guard let elements = value.arrayValue else { return nil }
        if elements.count == 2, let name = elements[0].stringValue {
            if let list = elements[1].arrayValue {
                return listClasses.contains(name) ? scalars(list) : nil
            }
            if scalarClasses.contains(name) { return scalars([elements[1]]) }
        }
        return scalars(elements)
    }

    private static func scalars(_ values: [JSONValue]) -> [String]? {
        var texts: [String] = []
        for value in values {
            // A typed scalar inside a list: `["java.lang.Long", 5]`.
            if let pair = value.arrayValue, pair.count == 2, let name = pair[0].stringValue,
                scalarClasses.contains(name), let text = scalar(pair[1])
            {
                texts.append(text)
            } else if let text = scalar(value) {
                texts.append(text)
            } else {
                return nil
            }
        }
        return texts
    }

    private static func scalar(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let isTrue): String(isTrue)
        case .null, .array, .object: nil
        }
    }
}
