/// Where a certificate says that a list or a responder is.
struct ListAddress: Hashable, Sendable {
    /// `http` or `https`, without blanks.
    let url: String
    /// Scheme, host and port in lower case: what rests together if it does not answer.
    let host: String

    /// Why there is nothing to fetch.
    struct Fault: Error, Hashable {
        let text: String
    }

    static let bytesMax = 4096

    /// Reads an address as authorities write them: blanks may stand around and inside.
    ///
    /// - Throws: If it leads nowhere that casd goes.
    init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Self.bytesMax else { throw Fault(text: "the address is too long") }
        let bytes = Self.trimmed(Array(text.utf8))
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            throw Fault(text: "no address with a scheme")
        }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw Fault(
                text: scheme == "ldap" || scheme == "ldaps"
                    ? "\(scheme) is not supported; give its lists as files"
                    : "the scheme is not supported")
        }
        var url = Array(scheme.utf8)
        // A fragment is never sent.
        for byte in bytes[colon...].prefix(while: { $0 != UInt8(ascii: "#") }) {
            switch byte {
            case 0x20: url += "%20".utf8
            case 0..<0x20, 0x7F: throw Fault(text: "control characters in the address")
            default: url.append(byte)
            }
        }
        let afterScheme = url.dropFirst(scheme.utf8.count)
        guard afterScheme.starts(with: "://".utf8) else {
            throw Fault(text: "no address with a host")
        }
        let authority = afterScheme.dropFirst(3).prefix { !"/?".utf8.contains($0) }
        guard !authority.isEmpty else { throw Fault(text: "no address with a host") }
        self.url = String(decoding: url, as: UTF8.self)
        host = "\(scheme)://" + String(decoding: authority, as: UTF8.self).lowercased()
    }

    private static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return bytes[start..<end]
    }
}
