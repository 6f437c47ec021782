import HTTP
import JOSE
import JSON
import OpenSSL
import Platform
import Testing
import Tickets

/// Makes the tokens of a portal, good ones and others.
struct TokenForge {
    static let service = "https://portal.example.org/home"
    static let server = TestServer.base
    /// The beginning of the clock of a ``TestServer``, in whole seconds.
    static let now: Int64 = 1_714_550_139

    /// What a portal says of somebody; a member that is `nil` here takes one away.
    static func claims(
        _ changes: [String: JSONValue?] = [:], id: String? = nil
    ) -> JSONValue {
        var object = JSONObject(pairs: [
            ("sub", "casuser"), ("iss", "https://portal.example.org/"), ("aud", .string(server)),
            ("iat", .integer(now)), ("exp", .integer(now + 120)),
            ("jti", .string(id ?? hexadecimal(systemRandomBytes(8)))),
        ])
        for (name, value) in changes { object[name] = value }
        return .object(object)
    }

    /// A token signed with HS256 and not encrypted, of any header and content.
    static func signed(
        _ claims: JSONValue, header: String = #"{"alg":"HS256"}"#,
        secret: String = TokenVector.signingSecret
    ) -> String {
        signed(claims.text(), header: header, secret: secret)
    }

    static func signed(
        _ content: String, header: String = #"{"alg":"HS256"}"#,
        secret: String = TokenVector.signingSecret
    ) -> String {
        let input = base64(Array(header.utf8), .url) + "." + base64(Array(content.utf8), .url)
        let key = SecretBytes(Array(secret.utf8))
        return input + "." + base64(hmacSHA256(Array(input.utf8), key: key), .url)
    }

    /// A token as the portal makes it, with a layer for each key.
    static func written(
        _ claims: JSONValue, signedWith secret: String? = TokenVector.signingSecret,
        as algorithm: SignatureAlgorithm = .hs256,
        encryptedWith encryption: String? = TokenVector.encryptionSecret,
        _ content: ContentEncryption = .a192CBCHS384, isCompressed: Bool = false,
        order: LayerOrder = .signAndEncrypt
    ) throws -> String {
        let writer = try TokenWriter(
            order: order,
            signing: secret.map {
                .init(key: JSONWebKey(octets: Array($0.utf8)), algorithm: algorithm)
            },
            encryption: encryption.map {
                .init(
                    key: JSONWebKey(octets: Array($0.utf8)), management: .direct, content: content,
                    isCompressed: isCompressed)
            })
        return try writer.write(Array(claims.text().utf8), random: systemRandomBytes)
    }
}

extension TestServer {
    /// A server that logs in by the tokens of a portal.
    ///
    /// - Parameters:
    ///   - login: Further keys of `jwt.login_by_token`.
    ///   - properties: What the portal's definition says beside its two secrets.
    convenience init(
        tokens login: String = "", settings: String = "",
        properties: KeyValuePairs<String, String> = [:], fields: String...,
        definitions: [String] = [], registry: MemoryTicketRegistry = MemoryTicketRegistry(),
        authentication: String = "", files: KeyValuePairs<String, String> = [:]
    ) throws {
        try self.init(
            """
            jwt: { login_by_token: { enabled: true, algorithms: [HS256, RS256], \(login) } }
            \(settings)
            """,
            authentication: authentication,
            definitions: [Self.portal(properties, fields)] + definitions, registry: registry,
            files: files)
    }

    /// The definition of the portal.
    static func portal(
        _ properties: KeyValuePairs<String, String> = [:], _ fields: [String] = []
    ) -> String {
        let secrets =
            properties.isEmpty
            ? [
                ("jwtSigningSecret", TokenVector.signingSecret),
                ("jwtEncryptionSecret", TokenVector.encryptionSecret),
            ] : properties.map { ($0.key, $0.value) }
        let text = secrets.map { name, value in
            """
            "\(name)": { "@class": "org.apereo.cas.services.DefaultRegisteredServiceProperty",
              "values": ["java.util.HashSet", ["\(value)"]] }
            """
        }.joined(separator: ", ")
        return Definition.of(
            "^https://portal\\\\.example\\\\.org/.*", name: "portal", id: 100,
            [#""properties": { "@class": "java.util.HashMap", \#(text) }"#, Definition.releaseAll]
                + fields)
    }

    /// The reasons of the refusals by token so far.
    var tokenReasons: [String] {
        get throws {
            try reasons.compactMap { $0.between("\"reason\":\"token: ", "\"") }
        }
    }
}

extension Browser {
    /// Follows a link of the portal, which has the token in its address.
    func follow(
        _ token: String, to service: String? = TokenForge.service, _ extra: String = "",
        method: HTTP.Method = .get
    ) -> Response {
        let target = service.map { "service=" + percentEncoded($0) + "&" } ?? ""
        return get("/cas/login?\(target)token=\(percentEncoded(token))\(extra)", method: method)
    }
}
