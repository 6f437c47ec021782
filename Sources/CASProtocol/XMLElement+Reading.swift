internal import XML

/// The namespaces of the documents that are read.
enum XMLNamespace {
    static let cas = "http://www.yale.edu/tp/cas"
    static let soapEnvelope = "http://schemas.xmlsoap.org/soap/envelope/"
    static let saml1Protocol = "urn:oasis:names:tc:SAML:1.0:protocol"
    static let saml2Protocol = "urn:oasis:names:tc:SAML:2.0:protocol"
}

extension XMLElement {
    /// The text without white space around it.
    var trimmedText: String { withoutSpaceAround(text) }

    /// How many elements of a local name there are in the tree, whatever their namespace: a
    /// second one somewhere else is there for a reader who looks less carefully.
    func count(named name: String) -> Int {
        children.reduce(self.name == name ? 1 : 0) { $0 + $1.count(named: name) }
    }

    /// The one child of a name.
    ///
    /// - Returns: `nil` if it is missing or doubled.
    func only(_ name: String, _ namespace: String) -> XMLElement? {
        let found = all(name, namespace)
        return found.count == 1 ? found.first : nil
    }
}

/// A text without the white space of XML at its ends.
func withoutSpaceAround(_ text: String) -> String {
    let isSpace = { (byte: UInt8) in
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
    let utf8 = text.utf8
    guard let first = utf8.firstIndex(where: { !isSpace($0) }),
        let last = utf8.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(text[first...last])
}

/// The bytes without white space before them, which a careless template puts before the XML
/// declaration and no parser takes.
func withoutSpaceBefore(_ bytes: [UInt8]) -> [UInt8] {
    let start = bytes.firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    guard let start, start > 0 else { return bytes }
    return Array(bytes[start...])
}
