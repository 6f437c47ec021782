internal import CASProtocol

/// An address under which browsers reach casd: the base of every URL that casd writes.
package struct PublicURL: Hashable, Sendable {
    /// Without a slash at the end.
    package let text: String
    /// `https://host` and the port, if it is not the scheme's own.
    package let origin: String
    /// The path of the address: empty, or with a slash at the beginning and none at the end.
    package let prefix: String

    /// Stands where an address is missing, while the other problems are looked for; never served.
    static let unconfigured = PublicURL(text: "", origin: "", prefix: "")

    private init(text: String, origin: String, prefix: String) {
        self.text = text
        self.origin = origin
        self.prefix = prefix
    }

    /// Reads an `https` address of a host and at most a path.
    ///
    /// - Returns: `nil` if it is anything else, has a query, or a path that is not strict.
    package init?(_ text: String) {
        // What exactly is wrong is not needed: the caller says what is allowed.
        guard let url = try? ServiceURL(text, schemes: ["https"]),
            !url.text.contains("?"), !url.text.contains("#")
        else { return nil }
        var trimmed = Substring(text)
        while trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let hostStart = trimmed.range(ofFirst: "://") else { return nil }
        let pathStart = trimmed[hostStart...].firstIndex(of: "/") ?? trimmed.endIndex
        let path = trimmed[pathStart...]
        guard path.utf8.allSatisfy(Self.isPathCharacter), !path.contains("//"),
            !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { return nil }
        self.text = String(trimmed)
        origin = String(trimmed[..<pathStart])
        prefix = String(path)
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension Substring {
    /// The index behind the first occurrence of the text.
    fileprivate func range(ofFirst text: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
