extension ServiceURL {
    /// Reads an address of whatever scheme, such as `imap://mail.example.org`.
    ///
    /// Only for services that no browser is sent to; schemes that run or show their own text are
    /// refused all the same.
    package init(anyScheme text: String, bytesMax: Int) throws(ServiceURLFault) {
        let scheme = String(text.utf8.prefix { $0 != UInt8(ascii: ":") }.prefix(33)) ?? ""
        let name = scheme.lowercased()
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            name.utf8.count <= 32, name.utf8.allSatisfy(Self.isSchemeCharacter),
            !["javascript", "data", "vbscript", "file", "blob", "about"].contains(name)
        else { throw text.isEmpty ? .empty : .scheme }
        try self.init(text, schemes: [name], bytesMax: bytesMax)
    }

    /// ``location`` without the fragment, which no server is ever sent.
    package var addressWithoutFragment: String {
        guard let hash = location.utf8.firstIndex(of: Self.hash) else { return location }
        return String(location[..<hash])
    }

    /// RFC 3986 §3.1.
    private static func isSchemeCharacter(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }
}
