internal import Glibc

/// The names of parameters that mean something to this process, found by their bytes.
///
/// A gateway sends about forty parameters with each request and a server reads a dozen of them.
/// Turning each into two strings, to compare these by name later, took a fifth of the time of a
/// whole request.
struct ParameterNames: Sendable {
    struct Known: Sendable {
        let text: String
        fileprivate let bytes: [UInt8]
        /// Its bit in a set of those seen; 0 if it may come more than once.
        let uniqueBit: UInt32
        /// Whether the server reads it.
        let isKept: Bool

        /// Whether it is `CONTENT_LENGTH`.
        var isLength: Bool { uniqueBit == 1 }
    }

    private static let contentLength = "CONTENT_LENGTH"
    private static let certificatePrefix = "SSL_CLIENT_"
    private static let certificatePrefixBytes = Array(certificatePrefix.utf8)
    /// Those that decide about trust; that any of them comes twice is a fault of the gateway.
    private static let unique = [
        contentLength, "REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING", "CONTENT_TYPE",
        "REMOTE_ADDR", "HTTPS", "SERVER_PORT", "SERVER_NAME", "CASD_PROFILE",
        "CASD_GATEWAY_SECRET",
    ]

    /// Whether names that are not known are kept as well.
    let keepsUnknown: Bool
    /// The place in the list is the length of the name.
    private let byLength: [[Known]]

    /// - Parameter kept: What the server reads, about a dozen; `nil` for everything.
    init(keeping kept: [String]?) {
        keepsUnknown = kept == nil
        var names: [Known] = []
        for (index, text) in Self.unique.enumerated() {
            let isKept = kept.map { $0.contains(text) } ?? true
            names.append(
                Known(
                    text: text, bytes: Array(text.utf8), uniqueBit: 1 << UInt32(index),
                    isKept: isKept))
        }
        for text in kept ?? [] where !names.contains(where: { $0.text == text }) {
            let isFact = text.hasPrefix(Self.certificatePrefix)
            let bit: UInt32 = isFact ? 1 << UInt32(names.count) : 0
            names.append(
                Known(text: text, bytes: Array(text.utf8), uniqueBit: bit, isKept: true))
        }
        let longest = names.map(\.bytes.count).max() ?? 0
        byLength = (0...longest).map { length in names.filter { $0.bytes.count == length } }
    }

    func find(_ name: UnsafeRawBufferPointer) -> Known? {
        let length = name.count
        guard length < byLength.count else { return nil }
        return byLength[length].first { unsafe Self.starts(name, with: $0.bytes) }
    }

    /// Whether it is one of the facts about a certificate, of which none may come twice.
    static func isCertificateFact(_ name: UnsafeRawBufferPointer) -> Bool {
        unsafe starts(name, with: certificatePrefixBytes)
    }

    private static func starts(_ bytes: UnsafeRawBufferPointer, with prefix: [UInt8]) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= prefix.count else { return false }
        return unsafe memcmp(base, prefix, prefix.count) == 0
    }
}
