/// An element of an XML document with everything inside it, names resolved to their namespaces.
package struct XMLElement: Hashable, Sendable {
    /// The namespace's URI, or `nil` for none.
    package let namespace: String?
    /// The local name, without prefix.
    package let name: String
    /// In the order of the document, without namespace declarations.
    package let attributes: [XMLAttribute]
    package internal(set) var children: [XMLElement] = []
    /// The element's own character data, that before, between and after its children joined, as
    /// it stands; comments leave no gap in it.
    package internal(set) var text = ""

    /// Whether the element is called so.
    package func isNamed(_ name: String, _ namespace: String?) -> Bool {
        self.name == name && self.namespace == namespace
    }

    /// The first child that is called so; grandchildren do not count.
    package func first(_ name: String, _ namespace: String?) -> XMLElement? {
        children.first { $0.isNamed(name, namespace) }
    }

    /// The children that are called so, in the order of the document; grandchildren do not count.
    package func all(_ name: String, _ namespace: String?) -> [XMLElement] {
        children.filter { $0.isNamed(name, namespace) }
    }

    /// The value of an attribute; attributes without a prefix are in no namespace.
    package func attribute(_ name: String, _ namespace: String? = nil) -> String? {
        attributes.first { $0.name == name && $0.namespace == namespace }?.value
    }
}

/// An attribute of an XML element.
package struct XMLAttribute: Hashable, Sendable {
    /// The namespace's URI; `nil` for an attribute without a prefix.
    package let namespace: String?
    /// The local name, without prefix.
    package let name: String
    package let value: String
}

/// How much of a document is read before it is refused.
package struct XMLLimits: Hashable, Sendable {
    package var bytesMax: Int
    /// How many elements may be inside each other.
    package var depthMax: Int
    package var elementsMax: Int
    /// For one element; its namespace declarations count.
    package var attributesMax: Int

    package init(
        bytesMax: Int = 64 << 10, depthMax: Int = 32, elementsMax: Int = 2000,
        attributesMax: Int = 32
    ) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.elementsMax = elementsMax
        self.attributesMax = attributesMax
    }
}

/// Where and why a document was refused.
package struct XMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    package let line: Int
    package let reason: String

    package var description: String { "line \(line): \(reason)" }
}
