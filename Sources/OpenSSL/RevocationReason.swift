/// Why a certificate was revoked (RFC 5280 §5.3.1); the raw value is the code.
package enum RevocationReason: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case unspecified = 0
    case keyCompromise = 1
    case cACompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    /// On hold: revoked, but may come back.
    case certificateHold = 6
    case privilegeWithdrawn = 9
    case aACompromise = 10

    /// The code that takes an entry out of a list again, which is no revocation.
    static let removeFromCRL: UInt8 = 8

    package var description: String {
        switch self {
        case .unspecified: "unspecified"
        case .keyCompromise: "keyCompromise"
        case .cACompromise: "cACompromise"
        case .affiliationChanged: "affiliationChanged"
        case .superseded: "superseded"
        case .cessationOfOperation: "cessationOfOperation"
        case .certificateHold: "certificateHold"
        case .privilegeWithdrawn: "privilegeWithdrawn"
        case .aACompromise: "aACompromise"
        }
    }
}
