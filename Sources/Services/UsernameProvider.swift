/// Which name of the principal a service is told.
package struct UsernameProvider: Hashable, Sendable {
    /// What is done to the letters of the name.
    package enum Canonicalization: String, Hashable, Sendable, CaseIterable {
        case none = "NONE"
        case upper = "UPPER"
        case lower = "LOWER"
    }

    /// Where the name comes from.
    package enum Source: Hashable, Sendable {
        case principalID
        /// The first value of an attribute.
        case attribute(String)
        /// A name that is always the same for one principal and one service, and says nothing.
        case anonymous(AnonymousID)
        /// The same name for everybody.
        case constant(String)
    }

    /// How an anonymous name is made.
    package struct AnonymousID: Hashable, Sendable {
        /// What Apereo's formula digests beside the service and the principal; without it the
        /// name is made in our own way.
        package let salt: String?
        /// The attribute that is digested instead of the principal's id.
        package let attribute: String?

        package init(salt: String? = nil, attribute: String? = nil) {
            self.salt = salt
            self.attribute = attribute
        }
    }

    package let source: Source
    package let canonicalization: Canonicalization
    /// What is removed from the name first.
    package let removal: NameRemoval?
    /// What is appended behind an `@`.
    package let scope: String?

    package init(
        _ source: Source = .principalID, canonicalization: Canonicalization = .none,
        removal: NameRemoval? = nil, scope: String? = nil
    ) {
        self.source = source
        self.canonicalization = canonicalization
        self.removal = removal
        self.scope = scope
    }

    /// Makes a provider of an attribute, or with `nil` of the principal's id.
    package init(attribute: String?, canonicalization: Canonicalization = .none) {
        self.init(
            attribute.map(Source.attribute) ?? .principalID, canonicalization: canonicalization)
    }
}

/// Text that is removed from a name: a literal text wherever it is, or all from it on.
///
/// That is as much of `removePattern` as can be understood without running a search and replace:
/// `@example\.org`, `@.+`, `^DOMAIN\\`.
package struct NameRemoval: Hashable, Sendable {
    package let literal: String
    /// What is removed.
    package let extent: Extent

    package enum Extent: Hashable, Sendable {
        case text, textAtStart, textAtEnd, fromTextOn
    }

    /// Reads a pattern; `nil` if it is none of the simple ones.
    package init?(pattern: String) {
        var rest = Substring(pattern)
        let isAtStart = rest.first == "^"
        if isAtStart { rest.removeFirst() }
        let isAtEnd = rest.last == "$" && !rest.hasSuffix("\\$")
        if isAtEnd { rest.removeLast() }
        let isOpen =
            (rest.hasSuffix(".*") || rest.hasSuffix(".+")) && !rest.hasSuffix("\\.*")
            && !rest.hasSuffix("\\.+")
        if isOpen { rest.removeLast(2) }
        guard let literal = Self.literal(rest), !literal.isEmpty,
            [isAtStart, isAtEnd && !isOpen, isOpen].count(where: { $0 }) <= 1
        else { return nil }
        self.literal = literal
        extent = isOpen ? .fromTextOn : isAtEnd ? .textAtEnd : isAtStart ? .textAtStart : .text
    }

    private static func literal(_ pattern: Substring) -> String? {
        var text = ""
        var isEscaped = false
        for character in pattern {
            if isEscaped {
                guard !character.isLetter, !character.isNumber else { return nil }
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                guard !"^$.[]{}()*+?|".contains(character) else { return nil }
                text.append(character)
            }
        }
        return isEscaped ? nil : text
    }

    func applied(to name: String) -> String {
        switch extent {
        case .textAtStart:
            return name.hasPrefix(literal) ? String(name.dropFirst(literal.count)) : name
        case .textAtEnd:
            return name.hasSuffix(literal) ? String(name.dropLast(literal.count)) : name
        case .fromTextOn:
            guard let range = Self.range(of: literal, in: name[...]) else { return name }
            return String(name[..<range.lowerBound])
        case .text:
            var kept = ""
            var rest = name[...]
            while let range = Self.range(of: literal, in: rest) {
                kept += rest[..<range.lowerBound]
                rest = rest[range.upperBound...]
            }
            return kept + rest
        }
    }

    private static func range(of text: String, in name: Substring) -> Range<String.Index>? {
        name.firstRange(of: text)
    }
}
