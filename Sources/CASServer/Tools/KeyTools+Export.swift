internal import JOSE
internal import JSON
internal import Platform

extension KeyTools {
    /// In which form public keys are given away.
    package enum PublicForm: Sendable {
        /// The key that signs now (RFC 7468).
        case pem
        /// All that may have signed or will (RFC 7517 §5).
        case jwks
    }

    /// The public halves of the keys that sign.
    package static func exportPublic(
        _ form: PublicForm, in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            guard here.source.has(.signing) else {
                throw ToolFailure("jwt.signing.enabled is false: nothing is signed")
            }
            let ring = here.source.usesRing ? try here.source.folder.readRing() : nil
            guard ring != nil || here.configured[.signing] != nil else {
                throw ToolFailure(
                    "\(here.source.folder.path): there are no keys yet; casd makes them when it "
                        + "starts")
            }
            let keys = try here.source.signingKeys(
                here.source.lives.living(ring ?? TokenKeyRing(), at: here.clock()).ring)
            return try output(form, keys)
        }
    }

    /// The public half of the key in a file.
    ///
    /// - Parameter algorithm: What it signs with; `nil` for the usual one.
    package static func exportPublic(
        _ form: PublicForm, file: String, algorithm: String? = nil
    ) -> ToolOutput {
        ToolOutput {
            let path = file.hasPrefix("/") ? file : File.currentDirectory + "/" + file
            let key = try TokenKeyText.verificationKey("file:" + path)
            var chosen = key.usualAlgorithm
            if let algorithm {
                guard let named = SignatureAlgorithm(rawValue: algorithm) else {
                    throw ToolFailure("there is no signature algorithm '\(algorithm.shown)'")
                }
                chosen = named
            }
            if let fault = key.fault(verifyingWith: chosen) {
                throw ToolFailure("\(path): \(fault)")
            }
            return try output(
                form,
                [TokenWriter.Signing(key: key, algorithm: chosen, keyID: key.thumbprint)])
        }
    }

    private static func output(
        _ form: PublicForm, _ keys: [TokenWriter.Signing]
    ) throws -> ToolOutput {
        guard let pem = keys.first?.key.publicPEM else {
            throw ToolFailure(
                "tokens are signed with a secret, which has no public half; for a pair set "
                    + "jwt.signing.algorithm, for example to ES256, and reload casd")
        }
        var output = ToolOutput("")
        // Not as other texts: what looks like a ticket in a public key is none.
        output.text =
            switch form {
            case .pem: pem.hasSuffix("\n") ? pem : pem + "\n"
            case .jwks:
                String(
                    decoding: TokenKeys.keySet(keys.compactMap { TokenKeys.jwk(for: $0) }),
                    as: UTF8.self) + "\n"
            }
        return output
    }
}
