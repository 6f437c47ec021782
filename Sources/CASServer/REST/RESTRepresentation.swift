/// In which form a REST answer is wanted, by the `Accept` field.
enum RESTRepresentation: Hashable, Sendable {
    /// A page for scripts that scrape it; bare text where there is none.
    case html
    /// The bare identifier, under the given media type.
    case bare(String)
    /// Real JSON, which has to be asked for: Apereo's clients take the body for the identifier.
    case json

    static let plainText = RESTRepresentation.bare("text/plain;charset=UTF-8")

    /// Reads `Accept` as Apereo does: by its beginning first, then by the first type that is known.
    ///
    /// - Parameter prefersJSON: Whether `application/json` stands for real JSON.
    /// - Returns: `nil` if nothing that the client takes can be produced.
    init?(accept: String?, prefersJSON: Bool = false) {
        let text = (accept ?? "").trimmed
        if text.isEmpty || text.hasPrefix("*/*") || text.lowercased().hasPrefix("text/html") {
            self = .html
            return
        }
        for range in text.split(separator: ",") {
            let parts = range.split(separator: ";").map { String($0).trimmed.lowercased() }
            switch parts.first ?? "" {
            case "application/json" where prefersJSON || parts.dropFirst().contains(where: isOurs):
                self = .json
            case "application/json", "application/*": self = .bare("application/json")
            case "text/plain", "text/*", "*/*": self = .plainText
            case "application/x-www-form-urlencoded":
                self = .bare("application/x-www-form-urlencoded")
            case "text/html": self = .html
            default: continue
            }
            return
        }
        return nil
    }
}

/// Whether a parameter of `Accept` asks for real JSON.
private func isOurs(_ parameter: String) -> Bool {
    parameter == "profile=casd" || parameter == "profile=\"casd\""
}

extension String {
    /// The text without blanks at both ends.
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
