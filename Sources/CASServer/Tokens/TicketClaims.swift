internal import CASProtocol
internal import JSON
internal import Platform

/// The claims of a ticket that is a token, in the order in which they are written (RFC 7519 §4).
///
/// Attributes are top-level claims as in Apereo: one value is a text, several are a list. What the
/// standard registers comes first and nothing replaces it.
struct TicketClaims {
    /// What no attribute and no parameter can be: the names of RFC 7519 §4.1.
    static let registeredNames: Set<String> = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]

    /// What a class of Apereo's begins with; such attributes are left out, as there.
    private static let internalPrefix = "org.apereo.cas"

    private var members: [JSONMember]
    private var names: Set<String> = registeredNames

    /// - Parameters:
    ///   - audience: Who shall believe it: a service, or this server.
    ///   - identifier: The ticket that it stands for.
    ///   - expiry: Rounded up to a whole second, as the issue time is rounded down.
    init(
        subject: String, issuer: String, audience: String, identifier: String, issuedAt: Instant,
        expiry: Instant
    ) {
        members = [
            JSONMember(name: "sub", value: .string(subject)),
            JSONMember(name: "iss", value: .string(issuer)),
            JSONMember(name: "aud", value: .string(audience)),
            JSONMember(name: "jti", value: .string(identifier)),
            JSONMember(name: "iat", value: .integer(issuedAt.seconds)),
            JSONMember(name: "exp", value: .integer((expiry + .milliseconds(999)).seconds)),
        ]
    }

    /// Adds when and how the user was authenticated; the names are taken from then on.
    mutating func add(_ event: AuthenticationEvent, isFromNewLogin: Bool) {
        add("authenticationDate", .string(event.date.rfc3339))
        add("authenticationMethod", Self.value(of: event.handlers))
        add("successfulAuthenticationHandlers", Self.value(of: event.handlers))
        add("credentialType", Self.value(of: event.credentialTypes))
        add("isFromNewLogin", .bool(isFromNewLogin))
        add("longTermAuthenticationRequestTokenUsed", .bool(event.isLongTerm))
    }

    /// Adds attributes; those without a value, and those whose name is taken, are left out.
    mutating func add(_ attributes: Attributes) {
        for entry in attributes.entries where !entry.name.hasPrefix(Self.internalPrefix) {
            add(entry.name, Self.value(of: entry.values))
        }
    }

    /// Adds the values of a parameter, unless something else has its name.
    mutating func add(parameter name: String, _ values: [String]) {
        add(name, Self.value(of: values))
    }

    private mutating func add(_ name: String, _ value: JSONValue?) {
        guard let value, names.insert(name).inserted else { return }
        members.append(JSONMember(name: name, value: value))
    }

    /// One value is itself, several are a list, none is nothing.
    private static func value(of texts: [String]) -> JSONValue? {
        switch texts.count {
        case 0: nil
        case 1: .string(texts[0])
        default: .array(texts.map(JSONValue.string))
        }
    }

    /// The claims as JSON.
    var bytes: [UInt8] { Array(JSONValue.object(JSONObject(members: members)).text().utf8) }
}
