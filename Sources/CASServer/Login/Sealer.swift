package import OpenSSL
package import Platform

/// Seals small values for the browser, so that it can keep them but not read or change them.
///
/// AES-256-GCM; the text is Base64url over key identifier, nonce, ciphertext and tag.
package struct Sealer: Sendable {
    /// What a sealed value is for; one purpose never opens what another has sealed.
    package enum Purpose: String, Sendable {
        case ticketGrantingCookie = "TGC"
        case loginForm = "login form"
        case delegation = "delegation"
        case knownDevice = "known device"
    }

    private let keys: KeyRing
    private let random: RandomBytes

    package init(keys: KeyRing, random: @escaping RandomBytes) {
        self.keys = keys
        self.random = random
    }

    /// The sealed form of a value.
    ///
    /// - Parameter context: What must be the same at the opening, for example another cookie's
    ///   value.
    package func seal(
        _ value: [UInt8], for purpose: Purpose, context: String = ""
    )
        throws(OpenSSLError) -> String
    {
        let key = keys.current
        let sealed = try AuthenticatedCipher.seal(
            value, with: key.secret, authenticating: authenticated(purpose, context), random: random
        )
        return base64(key.id + sealed, .url)
    }

    /// The value of a sealed text.
    ///
    /// - Returns: `nil` if it was not sealed by one of our keys, for this purpose and context.
    package func open(_ text: String, for purpose: Purpose, context: String = "") -> [UInt8]? {
        guard text.utf8.count <= 8192, let bytes = bytes(base64: text, .url), bytes.count > 8,
            let key = keys.keys.last(where: { $0.id.elementsEqual(bytes[..<8]) })
        else { return nil }
        return AuthenticatedCipher.open(
            Array(bytes[8...]), with: key.secret, authenticating: authenticated(purpose, context))
    }

    private func authenticated(_ purpose: Purpose, _ context: String) -> [UInt8] {
        Array("\(purpose.rawValue)\n\(context)".utf8)
    }
}
