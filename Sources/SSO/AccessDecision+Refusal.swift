package import Services

extension AccessDecision {
    /// Why the service may not be entered, for the log; `nil` if it may.
    package var refusal: String? {
        switch self {
        case .granted: nil
        case .disabled: "service disabled"
        case .missingAttributes(let names):
            "required attributes missing: \(names.joined(separator: ", "))"
        }
    }
}
