/// The one stylesheet of all pages, part of the program.
package enum Stylesheet {
    /// The stylesheet itself, UTF-8.
    package static let bytes: [UInt8] = PackageResources.casd_css

    /// Where it is served, below the prefix of the server.
    package static let path = "/assets/casd.css"

    /// Sixteen hexadecimal digits that change with the stylesheet.
    package static let version = version(of: bytes)

    /// Sixteen hexadecimal digits that change with a stylesheet.
    static func version(of bytes: [UInt8]) -> String {
        // FNV-1a: it tells versions apart and need not resist anybody.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The address that pages link to; it changes with the content and may be cached for ever.
    ///
    /// - Parameter prefix: The prefix of the server, such as `/cas`, or empty.
    package static func address(prefix: String) -> String {
        "\(prefix)\(path)?v=\(version)"
    }
}
