extension Pages {
    /// The `Content-Security-Policy` that a page works under which shows nothing of others.
    ///
    /// It has no `form-action`: Chromium applies that to the redirect after the POST as well, and
    /// stops the browser on its way from the login form to the service (seen in version 156).
    package static let contentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        + "frame-ancestors 'none'"

    /// The `Content-Security-Policy` of a page with images, frames or scripts of its own.
    ///
    /// What is not exactly an origin, `scheme://host` or `scheme://host:port` of http(s), or not
    /// exactly a SHA-256 hash, is left out: nothing in it can end a directive.
    ///
    /// - Parameter scriptHashes: As in `sha256-` and 44 characters of base64.
    package static func contentSecurityPolicy(
        imageOrigins: [String] = [], frameOrigins: [String] = [], scriptHashes: [String] = []
    ) -> String {
        let images = unique(imageOrigins.filter { origin(of: $0) == $0 })
        let frames = unique(frameOrigins.filter { origin(of: $0) == $0 })
        let hashes = unique(scriptHashes.filter(isScriptHash))
        guard !(images.isEmpty && frames.isEmpty && hashes.isEmpty) else {
            return contentSecurityPolicy
        }
        var policy = "default-src 'none'; style-src 'self'; img-src 'self' data:"
        for image in images { policy += " " + image }
        if !frames.isEmpty { policy += "; frame-src " + frames.joined(separator: " ") }
        if !hashes.isEmpty {
            policy += "; script-src " + hashes.map { "'\($0)'" }.joined(separator: " ")
        }
        return policy + "; base-uri 'none'; frame-ancestors 'none'"
    }

    /// The origin of an address of http(s), in lower case; `nil` if it has none, holds a user name,
    /// or has a host that a policy cannot name (an IPv6 address, or anything but ASCII).
    static func origin(of address: String) -> String? {
        let scheme = address.prefix(8).lowercased()
        let start = scheme == "https://" ? "https://" : "http://"
        guard scheme.hasPrefix(start) else { return nil }
        let rest = address.utf8.dropFirst(start.utf8.count)
        let authority = rest.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        let host = authority.prefix { $0 != 0x3A }
        let labels = host.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard host.count <= 253,
            labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isHostCharacter) })
        else { return nil }
        let origin = start + String(decoding: host, as: UTF8.self).lowercased()
        guard host.count < authority.count else { return origin }
        let digits = authority.dropFirst(host.count + 1)
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { return nil }
        return "\(origin):\(port)"
    }

    /// Whether a link may lead there: http, https, or a path of our own.
    static func isNavigable(_ address: String) -> Bool {
        let start = address.prefix(8).lowercased()
        return start.hasPrefix("https://") || start.hasPrefix("http://") || isPath(address)
    }

    /// Whether an image may come from there: https, an image in the address, or a path of our own.
    static func isImage(_ address: String) -> Bool {
        let start = address.prefix(11).lowercased()
        if start.hasPrefix("https://") { return origin(of: address) != nil }
        return start == "data:image/" || isPath(address)
    }

    private static func isPath(_ address: String) -> Bool {
        address.hasPrefix("/") && !address.hasPrefix("//") && !address.hasPrefix("/\\")
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    private static func isScriptHash(_ text: String) -> Bool {
        let digest = text.utf8.dropFirst(7)
        return text.hasPrefix("sha256-") && digest.count == 44 && digest.last == 0x3D
            && digest.dropLast().allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
                default: false
                }
            }
    }

    private static func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}
