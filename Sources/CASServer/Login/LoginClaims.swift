internal import CASProtocol
internal import JSON
internal import OpenSSL
internal import Platform
internal import Services

/// What a token says that logs somebody in, read strictly and within bounds.
struct LoginClaims: Sendable {
    /// Who it is, with every other claim as an attribute.
    let principal: Principal
    let issuer: String?
    /// `nil` if the claim is missing.
    let audience: [String]?
    let expiresAt: Instant?
    let validFrom: Instant?
    let madeAt: Instant?
    let id: String?
    private let digest: [UInt8]

    /// The longest text of a claim that is not an attribute, in bytes.
    static let textBytesMax = 2048
    private static let audienceMax = 100
    /// Seconds since 1970 far beyond any that are meant.
    private static let secondsMax: Int64 = 100_000_000_000
    private static let registered: Set<String> = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]

    /// - Throws: `claims`, with the name of what is wrong.
    init(_ bytes: [UInt8]) throws(TokenLoginFault) {
        let object: JSONObject
        do throws(JSONSyntaxError) {
            guard case .object(let read) = try JSONValue(parsing: bytes) else {
                throw JSONSyntaxError(line: 1, column: 1, reason: "no object")
            }
            object = read
        } catch {
            // What the parser says may quote the token.
            throw .claims("not a JSON object, or a name is there twice")
        }
        digest = sha256(bytes)
        issuer = try Self.text("iss", object)
        id = try Self.text("jti", object)
        if let id, TicketID(id) != nil { throw .claims("jti is that of a ticket") }
        audience = try Self.audience(object)
        expiresAt = try Self.date("exp", object)
        validFrom = try Self.date("nbf", object)
        madeAt = try Self.date("iat", object)
        let subject = Self.withoutClass(try Self.text("sub", object) ?? "")
        guard UpstreamAnswer.isUserName(subject) else { throw .claims("sub") }
        principal = Principal(id: subject, attributes: try Self.attributes(object))
    }

    /// What stands for the token among those that were used: its identifier, else all it says.
    ///
    /// - Parameter fingerprint: That of the issuer's key; the same token for another service of
    ///   the same key is the same one.
    func mark(_ fingerprint: [UInt8]) -> [UInt8] {
        var bytes =
            Array("casd login token\0".utf8) + fingerprint + sha256(Array((issuer ?? "").utf8))
        if let id {
            bytes += [1] + sha256(Array(id.utf8))
        } else {
            bytes += [0] + digest
        }
        return sha256(bytes)
    }

    // MARK: Values

    private static func text(
        _ name: String, _ object: JSONObject
    ) throws(TokenLoginFault) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.stringValue, (1...textBytesMax).contains(text.utf8.count) else {
            throw .claims(name)
        }
        return text
    }

    private static func audience(_ object: JSONObject) throws(TokenLoginFault) -> [String]? {
        switch object["aud"] {
        case nil: return nil
        case .string(let text): return [text]
        case .array(let elements) where elements.count <= audienceMax:
            let texts = elements.compactMap(\.stringValue)
            guard texts.count == elements.count else { throw .claims("aud") }
            return texts
        default: throw .claims("aud")
        }
    }

    /// Seconds since 1970, whole or not (RFC 7519 §2 NumericDate).
    private static func date(
        _ name: String, _ object: JSONObject
    ) throws(TokenLoginFault) -> Instant? {
        switch object[name] {
        case nil: return nil
        case .integer(let seconds) where (-secondsMax...secondsMax).contains(seconds):
            return Instant(milliseconds: seconds * 1000)
        case .number(let seconds)
        where seconds.isFinite && abs(seconds) <= Double(secondsMax):
            return Instant(milliseconds: Int64((seconds * 1000).rounded(.down)))
        default: throw .claims(name)
        }
    }

    /// The name without the class that pac4j writes before it.
    private static func withoutClass(_ subject: String) -> String {
        guard subject.hasPrefix("org.pac4j."), let end = subject.firstIndex(of: "#") else {
            return subject
        }
        let isClass = subject[..<end].utf8.allSatisfy { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: "$") || byte == UInt8(ascii: "_")
                || Character(Unicode.Scalar(byte)).isLetter
                || Character(Unicode.Scalar(byte)).isNumber
        }
        return isClass ? String(subject[subject.index(after: end)...]) : subject
    }

    // MARK: Attributes

    private static func attributes(_ object: JSONObject) throws(TokenLoginFault) -> Attributes {
        var attributes = Attributes()
        var count = 0
        for member in object.members where isAttribute(member.name) {
            let elements = member.value.arrayValue ?? [member.value]
            let values = elements.compactMap(attributeText)
            count += values.count
            let isBounded =
                count <= UpstreamAnswer.attributeValuesMax
                && (1...UpstreamAnswer.attributeNameBytesMax).contains(member.name.utf8.count)
                && values.allSatisfy {
                    $0.utf8.count <= UpstreamAnswer.attributeValueBytesMax
                }
                && !hasControls(member.name)
            guard isBounded else { throw .claims("attributes: too many, or too long") }
            attributes.add(values, to: member.name)
        }
        return attributes
    }

    /// Whether a claim is an attribute: pac4j's own ones and the protocol's words are none.
    private static func isAttribute(_ name: String) -> Bool {
        !registered.contains(name) && !name.hasPrefix("$int_")
            && !ServiceResponse.reservedAttributeNames.contains(name)
    }

    /// The text of a value; `nil` for what is no plain value.
    private static func attributeText(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .null, .array, .object: nil
        }
    }

    private static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

/// What the claims of a token have to be.
struct LoginClaimRules: Sendable {
    typealias Claim = Configuration.LoginByToken.RequiredClaim

    /// What casd calls itself in tokens, and what it is called in theirs.
    let issuer: String
    /// Who else may have made a token.
    let issuers: Set<String>
    let required: Set<Claim>
    /// How long a token without an end cannot be used again.
    let rememberFor: Duration
    /// How far away the end of a token may be.
    let lifetimeMax: Duration

    /// How far clocks may be apart.
    static let skew: Duration = .seconds(60)
    /// Longer than any request is under way.
    private static let requestMax: Duration = .seconds(300)

    init(_ configuration: Configuration) {
        issuer = configuration.jwt.issuer ?? configuration.server.publicURL.text
        issuers = Set(configuration.jwt.login.issuers).union([issuer])
        required = configuration.jwt.login.required
        rememberFor = configuration.tickets.sessionLifetime
        lifetimeMax = configuration.jwt.login.lifetimeMax
    }

    /// - Parameter isOfService: Whether an issuer is the service itself.
    func check(
        _ claims: LoginClaims, at now: Instant, isOfService: (String) -> Bool
    ) throws(TokenLoginFault) {
        for claim in Claim.allCases where required.contains(claim) && !claims.has(claim) {
            throw .claims("\(claim.rawValue) is missing")
        }
        if let end = claims.expiresAt {
            if now >= end + Self.skew { throw .expired }
            if end > now + lifetimeMax + Self.skew { throw .lifetime }
        }
        for start in [claims.validFrom, claims.madeAt].compactMap(\.self)
        where now + Self.skew < start {
            throw .early
        }
        if let audience = claims.audience, !audience.contains(issuer) { throw .audience }
        if let maker = claims.issuer, !issuers.contains(maker), !isOfService(maker) {
            throw .issuer
        }
    }

    /// Until when it must be known that a token was used.
    ///
    /// Longer than it is good, because a request may have looked at its end some time before.
    func end(of claims: LoginClaims, at now: Instant) -> Instant {
        (claims.expiresAt.map { $0 + Self.skew } ?? now + rememberFor) + Self.requestMax
    }
}

extension LoginClaims {
    fileprivate func has(_ claim: LoginClaimRules.Claim) -> Bool {
        switch claim {
        case .exp: expiresAt != nil
        case .aud: audience != nil
        case .iss: issuer != nil
        case .jti: id != nil
        case .iat: madeAt != nil
        case .nbf: validFrom != nil
        }
    }
}
