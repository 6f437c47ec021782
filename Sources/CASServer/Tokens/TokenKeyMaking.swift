internal import JOSE
package import Platform

/// New keys, as the texts of their files.
package enum TokenKeyMaking {
    /// How many octets a secret to sign with has: enough for every algorithm.
    private static let signingOctets = 64

    /// A key for a signature algorithm or a content encryption; for `RSA-OAEP-256` a private RSA
    /// key.
    ///
    /// - Returns: One line of Apereo's notation, or PEM.
    /// - Throws: If there is no such algorithm.
    package static func text(
        algorithm: String, random: RandomBytes
    ) throws(TokenKeyFault) -> String {
        if let method = ContentEncryption(rawValue: algorithm) {
            return try secret(octets: method.keyBytes, random) + "\n"
        }
        let isEncryption = algorithm == KeyManagement.rsaOAEP256.rawValue
        guard
            let algorithm = isEncryption ? .rs256 : SignatureAlgorithm(rawValue: algorithm)
        else {
            let known =
                SignatureAlgorithm.allCases.map(\.rawValue)
                + ContentEncryption.allCases.map(\.rawValue) + [KeyManagement.rsaOAEP256.rawValue]
            throw TokenKeyFault(
                "there is no algorithm '\(algorithm)'; there are \(known.joined(separator: ", "))")
        }
        guard !algorithm.isSymmetric else {
            return try secret(octets: signingOctets, random) + "\n"
        }
        do throws(JSONWebKeyError) {
            guard let pem = try JSONWebKey.generate(for: algorithm).privatePEM else {
                throw JSONWebKeyError(reason: "the key has no private half")
            }
            return pem
        } catch {
            throw TokenKeyFault("no key can be made: \(error.reason)")
        }
    }

    /// Random octets in Base64, without the two digits by which its alphabets differ: some programs
    /// decode a key with the one, some with the other.
    private static func secret(
        octets: Int, _ random: RandomBytes
    ) throws(TokenKeyFault) -> String {
        var text = ""
        var left = octets
        // One group in eight is drawn again.
        for _ in 0..<100 * octets where left > 0 {
            let group = base64(random(min(3, left)), .url)
            if group.utf8.contains(UInt8(ascii: "-")) || group.utf8.contains(UInt8(ascii: "_")) {
                continue
            }
            text += group
            left -= min(3, left)
        }
        guard left == 0 else { throw TokenKeyFault("the random generator repeats itself") }
        return text
    }
}
