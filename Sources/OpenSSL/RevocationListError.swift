/// Why bytes are no revocation list that casd believes.
package enum RevocationListError: Error, Hashable, CustomStringConvertible {
    case empty
    /// More than ``RevocationList/bytesMax`` bytes.
    case tooLarge
    /// More than one PEM block.
    case several
    /// Neither a list in DER nor a PEM block `X509 CRL`, or its content breaks RFC 5280 §5.1.
    case malformed(String)
    /// A delta list, which says nothing without the list that it changes (RFC 5280 §5.2.4).
    case delta
    /// A list that names other authorities' certificates (RFC 5280 §5.2.5).
    case indirect
    /// The dotted identifier of a critical extension that casd does not know.
    case criticalExtension(String)
    /// None of the authorities has this name (RFC 2253), and the key that the list names.
    case unknownIssuer(String)
    /// The issuer is no authority, or its key usage does not allow to sign lists.
    case notAllowed(String)
    /// The signature's algorithm or key has less than 112 bits of strength.
    case weak(String)
    /// The signature is not the issuer's.
    case badSignature

    package var description: String {
        switch self {
        case .empty: "empty"
        case .tooLarge: "larger than \(RevocationList.bytesMax) bytes"
        case .several: "more than one revocation list"
        case .malformed(let reason): "no X.509 revocation list: \(reason)"
        case .delta: "a delta list; only complete lists are read"
        case .indirect: "an indirect list; only lists of the issuer itself are read"
        case .criticalExtension(let name): "unknown critical extension \(name)"
        case .unknownIssuer(let name): "no known authority is its issuer: \(name)"
        case .notAllowed(let name): "its issuer may not sign revocation lists: \(name)"
        case .weak(let what): "too weak a signature: \(what)"
        case .badSignature: "the signature is not the issuer's"
        }
    }
}
