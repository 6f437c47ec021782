package import Platform

/// Named lists of values, in the order in which they were added; what is known of a principal.
package struct Attributes: Hashable, Sendable {
    /// One attribute: a name and its values, never an empty list.
    package struct Entry: Hashable, Sendable {
        package let name: String
        package var values: [String]
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    /// The attributes of a list of names and values; a name that comes again adds its values.
    package init(_ pairs: [(String, [String])]) {
        for (name, values) in pairs { add(values, to: name) }
    }

    /// The values of an attribute, or `nil` if it is not there.
    package subscript(name: String) -> [String]? {
        entries.first { $0.name == name }?.values
    }

    /// Adds values to an attribute, which is made if it is not there yet; no values change nothing.
    package mutating func add(_ values: [String], to name: String) {
        guard !values.isEmpty else { return }
        if let index = entries.firstIndex(where: { $0.name == name }) {
            entries[index].values += values
        } else {
            entries.append(Entry(name: name, values: values))
        }
    }

    /// Replaces the values of an attribute; no values remove it.
    package mutating func set(_ name: String, to values: [String]) {
        entries.removeAll { $0.name == name }
        add(values, to: name)
    }

    package var isEmpty: Bool { entries.isEmpty }
}

/// Who was authenticated.
package struct Principal: Hashable, Sendable {
    package let id: String
    package let attributes: Attributes

    package init(id: String, attributes: Attributes = Attributes()) {
        self.id = id
        self.attributes = attributes
    }
}

/// That somebody was authenticated: when, how, and whether for long.
package struct AuthenticationEvent: Hashable, Sendable {
    /// When the credential was accepted.
    package let date: Instant
    /// The names of the handlers that accepted it, for example `users` or `x509`.
    package let handlers: [String]
    /// The kinds of credential that were accepted, for example `UsernamePasswordCredential`.
    package let credentialTypes: [String]
    /// SHA-256 over the DER of the client certificate that took part, if one did.
    package let certificateDigest: [UInt8]?
    /// Whether the user asked to be remembered (CAS 3.0 §4.1).
    package let isLongTerm: Bool

    package init(
        date: Instant, handlers: [String], credentialTypes: [String],
        certificateDigest: [UInt8]? = nil, isLongTerm: Bool = false
    ) {
        self.date = date
        self.handlers = handlers
        self.credentialTypes = credentialTypes
        self.certificateDigest = certificateDigest
        self.isLongTerm = isLongTerm
    }
}
