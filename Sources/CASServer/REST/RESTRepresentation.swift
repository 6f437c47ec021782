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
        // What clients really send is told apart without taking the text to pieces.
        switch accept {
        case nil, "", "*/*":
            self = .html
            return
        case "text/plain":
            self = .plainText
            return
        default: break
        }
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
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == 0x09 }
        let start = utf8.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(self[start.startIndex...last])
    }
}
