internal import CASProtocol
internal import PCRE

/// Who may change the service definitions, as in Apereo: whose attribute has a value that a pattern
/// matches.
struct ServiceManagementRule: Sendable {
    private let attribute: String
    /// `nil` if it is no pattern, and then nobody may.
    private let pattern: Pattern?

    init(_ configured: Configuration.REST.ServiceManagement) {
        attribute = configured.attribute
        // Losing the error is right: the configuration was checked, and without it nobody may.
        pattern = try? Pattern(configured.pattern, caseInsensitive: true)
    }

    func permits(_ principal: Principal) -> Bool {
        guard let pattern, let values = principal.attributes[attribute] else { return false }
        return values.contains { pattern.matchWhole($0) == .matched }
    }
}
