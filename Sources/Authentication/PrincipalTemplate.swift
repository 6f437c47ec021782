internal import OpenSSL

/// Why a text is no template.
package struct PrincipalTemplateError: Error, Hashable, CustomStringConvertible {
    package let description: String
}

/// A text with placeholders for attributes of the subject, such as `$UID@$DC.$DC`.
///
/// A placeholder that comes again takes the next value, the most specific first.
package struct PrincipalTemplate: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case literal(String)
        /// The name of an attribute, without the dollar sign.
        case placeholder(String)
    }

    package let text: String
    private let pieces: [Piece]

    /// Reads a template.
    ///
    /// - Throws: If it names an attribute that nobody knows, or none at all.
    package init(_ text: String) throws(PrincipalTemplateError) {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            let name = rest[rest.index(after: dollar)...].prefix(while: \.isWordCharacter)
            let literal = rest[..<(name.isEmpty ? rest.index(after: dollar) : dollar)]
            if !literal.isEmpty { pieces.append(.literal(String(literal))) }
            if !name.isEmpty {
                guard DistinguishedName.identifier(named: String(name)) != nil else {
                    throw PrincipalTemplateError(
                        description: "$\(name) is no attribute; known are "
                            + DistinguishedName.keywords.map { "$\($0)" }.joined(separator: ", "))
                }
                pieces.append(.placeholder(String(name)))
            }
            rest = rest[name.endIndex...]
        }
        if !rest.isEmpty { pieces.append(.literal(String(rest))) }
        guard pieces.contains(where: { if case .placeholder = $0 { true } else { false } }) else {
            throw PrincipalTemplateError(
                description: "has no placeholder such as $CN, so everybody would be '\(text)'")
        }
        self.text = text
        self.pieces = pieces
    }

    /// The text with the values of a name.
    func filled(from name: DistinguishedName) -> Result<String, CertificatePart.Absence> {
        var values: [String: ArraySlice<String>] = [:]
        var result = ""
        for piece in pieces {
            switch piece {
            case .literal(let text): result += text
            case .placeholder(let placeholder):
                let key = placeholder.uppercased()
                guard let value = values[key, default: name.values(key)[...]].popFirst() else {
                    return .failure(
                        CertificatePart.Absence(
                            reason: "not enough values of \(placeholder) for '\(text)'"))
                }
                result += value
            }
        }
        guard !result.isEmpty else {
            return .failure(CertificatePart.Absence(reason: "'\(text)' is empty"))
        }
        return .success(result)
    }
}

extension Character {
    fileprivate var isWordCharacter: Bool {
        isASCII && (isLetter || isNumber || self == "_")
    }
}
