internal import Platform

/// A URL that has been found fit to be called.
struct TargetURL: Hashable, Sendable {
    /// What libcurl is given; ASCII without blanks.
    let text: String
    /// Scheme, host and port, in lower case: what one connection can be used for.
    let origin: String

    static let bytesMax = 4096

    /// Checks more than libcurl does, so that it and this never disagree about the host.
    init(_ url: String, allowsPlain: Bool) throws(OutboundError) {
        guard url.utf8.count <= Self.bytesMax else { throw .address("too long") }
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw .address("not absolute")
        }
        let scheme = url[..<colon].lowercased()
        guard scheme == "https" || (allowsPlain && scheme == "http") else {
            throw .address("the scheme is not allowed")
        }
        let rest = url.utf8[url.utf8.index(after: colon)...]
        guard rest.starts(with: "//".utf8) else { throw .address("not absolute") }
        let afterSlashes = rest.dropFirst(2)
        let end = afterSlashes.firstIndex { "/?#\\".utf8.contains($0) } ?? afterSlashes.endIndex
        let authority = try Self.authority(Array(afterSlashes[..<end]))
        let path = try Self.encoded(afterSlashes[end...])
        origin = "\(scheme)://\(authority)"
        text =
            origin + (path.first == UInt8(ascii: "/") ? "" : "/")
            + String(decoding: path, as: UTF8.self)
    }

    /// Host and port in lower case.
    private static func authority(_ bytes: [UInt8]) throws(OutboundError) -> String {
        guard !bytes.contains(UInt8(ascii: "@")) else {
            throw .address("user names are not allowed")
        }
        var host = bytes[...]
        // The colon after an IPv6 address is the one that follows the bracket.
        let bracket = bytes.lastIndex(of: UInt8(ascii: "]")) ?? bytes.startIndex
        if let colon = bytes[min(bracket, bytes.endIndex)...].lastIndex(of: UInt8(ascii: ":")) {
            let digits = bytes[(colon + 1)...]
            guard digits.count <= 5, digits.allSatisfy(isDigit),
                let port = Int(String(decoding: digits, as: UTF8.self)),
                (1...65_535).contains(port)
            else { throw .address("the port is not one") }
            host = bytes[..<colon]
        }
        guard isHost(host) else { throw .address("the host is not one") }
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }

    private static func isHost(_ bytes: ArraySlice<UInt8>) -> Bool {
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            let text = String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
            return text.utf8.contains(UInt8(ascii: ":")) && IPAddress(text) != nil
        }
        return (1...253).contains(bytes.count)
            && bytes.allSatisfy { byte in
                isDigit(byte) || ("a"..."z").contains(Unicode.Scalar(byte | 0x20))
                    || "-._".utf8.contains(byte)
            }
            && bytes.first != UInt8(ascii: ".")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Path and query with everything encoded that RFC 3986 does not know, as browsers do; what
    /// is encoded already stays as it is.
    private static func encoded(
        _ bytes: some Sequence<UInt8>
    ) throws(OutboundError) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0...0x20, 0x7F: throw .address("blanks and control characters are not allowed")
            case UInt8(ascii: "\\"): throw .address("backslashes are not allowed")
            case UInt8(ascii: "#"): throw .address("fragments are not allowed")
            case 0x80..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
                UInt8(ascii: "}"):
                result.append(UInt8(ascii: "%"))
                result += hexadecimal([byte]).uppercased().utf8
            default: result.append(byte)
            }
        }
        return result
    }
}
