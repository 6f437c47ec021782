internal import Platform
package import Services

extension AccessDecision {
    /// Why the service may not be entered, for the log; `nil` if it may.
    package var refusal: String? {
        switch self {
        case .granted: nil
        case .disabled: "service disabled"
        case .missingAttributes(let names):
            "required attributes missing: \(names.joined(separator: ", "))"
        case .rejectedAttributes(let names):
            "rejected attributes: \(names.joined(separator: ", "))"
        case .notYet(let start): "not before \(start.rfc3339)"
        case .over(let end): "not after \(end.rfc3339)"
        case .expired(let end): "definition expired at \(end.rfc3339)"
        }
    }
}
