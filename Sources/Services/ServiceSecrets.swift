internal import JSON

/// The secrets and keys of tokens in the text of a definition, which nobody reads or gives from
/// afar: whoever knows a login's secret logs in as anybody.
///
/// They are looked for by name wherever they stand, so that no other way of writing a definition
/// gets past.
enum ServiceSecrets {
    /// What stands for a secret where it is not shown.
    static let placeholder = "(not shown)"

    /// Names in lower case, as the reader compares them.
    private static let ofLogins: Set<String> = ["jwtsigningsecret", "jwtencryptionsecret"]
    private static let ofTickets: Set<String> = [
        "jwtasserviceticketsigningkey", "jwtasserviceticketencryptionkey",
    ]

    /// The value without secrets and keys.
    static func hidden(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    members: object.members.map { member in
                        let isHidden =
                            isOfLogin(member) || ofTickets.contains(member.name.lowercased())
                        return JSONMember(
                            name: member.name,
                            value: isHidden ? .string(placeholder) : hidden(member.value),
                            line: member.line)
                    }))
        case .array(let elements): .array(elements.map(hidden))
        default: value
        }
    }

    /// Whether a value has secrets of logins by token.
    static func hasLoginSecrets(_ value: JSONValue) -> Bool { contains(value, isOfLogin) }

    /// Whether a value gives what only the operator gives in the file itself: secrets of logins,
    /// files of keys, and what stands for a secret that is not shown.
    static func hasReserved(_ value: JSONValue) -> Bool {
        contains(value) { member in
            isOfLogin(member)
                || ofTickets.contains(member.name.lowercased()) && isReservedKey(member.value)
        }
    }

    /// Whether a text that cannot be read may have secrets of logins.
    static func mayHaveLoginSecrets(_ text: [UInt8]) -> Bool {
        let text = String(decoding: text, as: UTF8.self).lowercased()
        return ofLogins.contains { text.contains($0) }
    }

    private static func isOfLogin(_ member: JSONMember) -> Bool {
        ofLogins.contains(member.name.lowercased())
    }

    private static func isReservedKey(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text):
            let start = text.drop { $0.isWhitespace }
            return start.hasPrefix("/") || start.lowercased().hasPrefix("file:")
                || text == placeholder
        case .array(let elements): return elements.contains(where: isReservedKey)
        case .object(let object): return object.members.contains { isReservedKey($0.value) }
        default: return false
        }
    }

    private static func contains(
        _ value: JSONValue, _ isWanted: (JSONMember) -> Bool
    ) -> Bool {
        switch value {
        case .object(let object):
            object.members.contains { isWanted($0) || contains($0.value, isWanted) }
        case .array(let elements): elements.contains { contains($0, isWanted) }
        default: false
        }
    }
}
