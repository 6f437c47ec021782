internal import Platform

/// The name of a certificate's subject or issuer: attributes in groups (RDNs), in DER order.
package struct DistinguishedName: Hashable, Sendable {
    /// One attribute of the name.
    package struct Attribute: Hashable, Sendable {
        /// The dotted object identifier, for example `2.5.4.3`.
        package let identifier: String
        /// The text, or `nil` if the value is no string type or not readable.
        package let text: String?
        /// The whole value with tag and length.
        package let der: [UInt8]
    }

    /// The relative names, the most general first, as the certificate has them.
    package let groups: [[Attribute]]

    package var isEmpty: Bool { groups.isEmpty }

    /// The values of an attribute, the most specific first; `name` is a keyword such as `CN`,
    /// `UID`, `DC`, `EMAILADDRESS`, in either case, or a dotted object identifier.
    package func values(_ name: String) -> [String] {
        let identifier = Self.identifiers[name.uppercased()] ?? name
        return groups.reversed().joined().filter { $0.identifier == identifier }.compactMap(\.text)
    }

    /// The name as RFC 2253 writes it, most specific first, without blanks.
    ///
    /// Agrees with Java: only the nine keywords of the RFC are used, other types are a dotted
    /// identifier and the DER in hexadecimal digits; `=` and `#` are escaped wherever they are.
    package var rfc2253: String {
        groups.reversed().map { group in
            group.map(Self.rfc2253).joined(separator: "+")
        }.joined(separator: ",")
    }

    /// The name as Java's `getSubjectDN().getName()` writes it: `CN=Alice, O=Example, C=US`.
    package var javaText: String {
        groups.reversed().map { group in
            group.map { Self.javaText($0, keywords: Self.javaKeywords) }
                .joined(separator: " + ")
        }.joined(separator: ", ")
    }

    /// The name as RFC 1779 and Java's `getName("RFC1779")` write it: like ``javaText`` with the
    /// keywords of the RFC only, so that others such as `DC` become `OID.` and dotted numbers.
    package var rfc1779: String {
        groups.reversed().map { group in
            group.map { Self.javaText($0, keywords: Self.rfc1779Keywords) }
                .joined(separator: " + ")
        }.joined(separator: ", ")
    }

    /// The dotted object identifier of a keyword such as `CN`, in either case.
    package static func identifier(named keyword: String) -> String? {
        identifiers[keyword.uppercased()]
    }

    /// The keywords that ``identifier(named:)`` knows, in alphabetical order.
    package static var keywords: [String] { identifiers.keys.sorted() }

    /// The keyword of RFC 2253 for a dotted object identifier.
    static func rfc2253Keyword(of identifier: String) -> String? { rfc2253Keywords[identifier] }

    private static func rfc2253(_ attribute: Attribute) -> String {
        guard let keyword = rfc2253Keywords[attribute.identifier], let text = attribute.text else {
            return "\(attribute.identifier)=#\(hexadecimal(attribute.der))"
        }
        let characters = Array(text.unicodeScalars)
        let first = characters.firstIndex { !isOuterBlank($0) } ?? characters.count
        let last = characters.lastIndex { !isOuterBlank($0) } ?? -1
        var escaped = String.UnicodeScalarView()
        for (index, character) in characters.enumerated() {
            if character == "\0" {
                escaped.append(contentsOf: "\\00".unicodeScalars)
                continue
            }
            if index < first || index > last || ",=+<>#;\"\\".unicodeScalars.contains(character) {
                escaped.append("\\")
            }
            escaped.append(character)
        }
        return "\(keyword)=\(String(escaped))"
    }

    private static func javaText(
        _ attribute: Attribute, keywords: [String: String]
    ) -> String {
        let keyword = keywords[attribute.identifier] ?? "OID.\(attribute.identifier)"
        guard let text = attribute.text else {
            return "\(keyword)=#\(hexadecimal(attribute.der).uppercased())"
        }
        let characters = text.unicodeScalars
        let isQuoted =
            characters.contains { ",+=\n<>#;\\\"".unicodeScalars.contains($0) }
            || characters.first == " " || characters.last == " " || text.contains("  ")
        guard isQuoted else { return "\(keyword)=\(text)" }
        var escaped = String.UnicodeScalarView()
        for character in characters {
            if character == "\"" || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return "\(keyword)=\"\(String(escaped))\""
    }

    private static func isOuterBlank(_ character: Unicode.Scalar) -> Bool {
        character == " " || character == "\r"
    }

    /// RFC 2253 §2.3.
    private static let rfc2253Keywords = [
        "2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
        "2.5.4.6": "C", "2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC",
        "0.9.2342.19200300.100.1.1": "UID",
    ]

    /// RFC 1779 §2.3.
    private static let rfc1779Keywords = rfc2253Keywords.filter {
        !$0.key.hasPrefix("0.9.2342.19200300.100.1.")
    }

    private static let javaKeywords = rfc2253Keywords.merging([
        "2.5.4.12": "T", "2.5.4.46": "DNQ", "2.5.4.4": "SURNAME", "2.5.4.42": "GIVENNAME",
        "2.5.4.43": "INITIALS", "2.5.4.44": "GENERATION", "2.5.4.5": "SERIALNUMBER",
        "1.2.840.113549.1.9.1": "EMAILADDRESS", "1.3.6.1.4.1.42.2.11.2.1": "IP",
    ]) { first, _ in first }

    private static let identifiers: [String: String] = {
        var identifiers: [String: String] = [:]
        for (identifier, keyword) in javaKeywords { identifiers[keyword] = identifier }
        identifiers["S"] = "2.5.4.8"
        identifiers["SN"] = "2.5.4.4"
        identifiers["TITLE"] = "2.5.4.12"
        identifiers["DNQUALIFIER"] = "2.5.4.46"
        identifiers["EMAIL"] = "1.2.840.113549.1.9.1"
        identifiers["E"] = "1.2.840.113549.1.9.1"
        return identifiers
    }()
}
