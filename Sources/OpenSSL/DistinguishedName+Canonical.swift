internal import Platform
// For the decomposition, which the library has no other name for.
@_spi(_Unicode) internal import Swift

extension DistinguishedName {
    /// The name as Java's `getName("CANONICAL")` writes it.
    ///
    /// RFC 2253 in lower case with single blanks; the attributes of a group in order; a value that
    /// is neither `UTF8String` nor `PrintableString` is its DER in hexadecimal digits; letters and
    /// accents apart (NFKD). `nil` for names with characters that Java would write in another way
    /// than we can tell: ligatures, full-width letters and their like, and the Greek sigma.
    package var canonicalText: String? {
        let text = groups.reversed().map { group in
            let attributes = group.map { attribute in
                (
                    isKnown: Self.rfc2253Keyword(of: attribute.identifier) != nil,
                    text: Self.canonical(attribute)
                )
            }
            return attributes.sorted { left, right in
                left.isKnown != right.isKnown
                    ? left.isKnown
                    : left.text.unicodeScalars.lexicographicallyPrecedes(right.text.unicodeScalars)
            }.map(\.text).joined(separator: "+")
        }.joined(separator: ",")
        let characters = text._nfd
        let isSure = characters.allSatisfy { character in
            !character.properties.changesWhenNFKCCaseFolded
                && character != "\u{3C2}" && character != "\u{3C3}"
        }
        guard isSure else { return nil }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: characters)
        return String(result)
    }

    private static func canonical(_ attribute: Attribute) -> String {
        let isText = [0x0C, 0x13].contains(attribute.der.first)
        guard let keyword = rfc2253Keyword(of: attribute.identifier), isText,
            let text = attribute.text
        else {
            let keyword = rfc2253Keyword(of: attribute.identifier) ?? attribute.identifier
            return "\(keyword.lowercased())=#\(hexadecimal(attribute.der))"
        }
        var value = String.UnicodeScalarView()
        for (index, character) in text.unicodeScalars.enumerated() {
            if character == " ", value.last == " " { continue }
            if (index == 0 && character == "#") || ",+<>;\"\\".unicodeScalars.contains(character) {
                value.append("\\")
            }
            value.append(character)
        }
        let isOuter: (Unicode.Scalar) -> Bool = { $0.value <= 0x20 }
        let rest = value.drop(while: isOuter)
        let end = rest.lastIndex { !isOuter($0) }.map { rest.index(after: $0) } ?? rest.startIndex
        return "\(keyword)=\(String(rest[..<end]))".uppercased().lowercased()
    }
}
