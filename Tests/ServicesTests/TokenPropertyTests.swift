import JOSE
import Testing

@testable import Services

/// A definition with properties; a value is wrapped as Apereo writes it.
private func properties(_ pairs: [(String, String)]) -> String {
    let texts = pairs.map { name, value in
        """
        "\(name)": {"@class": "org.apereo.cas.services.DefaultRegisteredServiceProperty",
          "values": ["java.util.HashSet", ["\(value)"]]}
        """
    }
    return definition(
        #""properties": {"@class": "java.util.HashMap", \#(texts.joined(separator: ", "))}"#)
}

@Suite("Properties of a definition that are about tokens") struct TokenPropertyTests {
    @Test(
        arguments: ["true", "TRUE", "yes", "on", "y", "t"], ["jwtAsServiceTicket", "jwtAsResponse"])
    func `a truthy property makes tickets tokens`(value: String, name: String) {
        let (service, problems) = read(properties([(name, value)]))
        #expect(service?.ticketTokens == ServiceTicketTokens())
        #expect(problems.isEmpty)
    }

    @Test(arguments: ["false", "no", "0", "maybe", ""])
    func `anything else does not`(value: String) {
        let (service, problems) = read(properties([("jwtAsServiceTicket", value)]))
        #expect(service != nil)
        #expect(service?.ticketTokens == nil)
        #expect(problems.isEmpty)
    }

    @Test func `the plain value true is read, and names count in any case`() {
        let (service, _) = read(definition(#""properties": {"JWTASSERVICETICKET": true}"#))
        #expect(service?.ticketTokens != nil)
    }

    @Test func `all seven properties are read`() throws {
        let (service, problems) = read(
            properties([
                ("jwtAsServiceTicket", "true"), ("jwtAsServiceTicketSigningKey", "sign"),
                ("jwtAsServiceTicketEncryptionKey", "encrypt"),
                ("jwtAsServiceTicketCipherStrategyType", "SIGN_AND_ENCRYPT"),
                ("jwtAsServiceTicketSigningEnabled", "false"),
                ("jwtAsServiceTicketEncryptionEnabled", "true"),
                ("jwtAsServiceTicketEncryptionAlg", "A128CBC-HS256"),
            ]))
        let tokens = try #require(service?.ticketTokens)
        #expect(problems.isEmpty)
        #expect(tokens.signingKey == "sign")
        #expect(tokens.encryptionKey == "encrypt")
        #expect(tokens.order == .signAndEncrypt)
        #expect(!tokens.isSigned)
        #expect(tokens.isEncrypted)
        #expect(tokens.encryptionMethod == .a128CBCHS256)
        #expect(tokens.hasOwnKeys)
    }

    @Test func `the secrets of login tokens are read, with Apereo's defaults`() throws {
        let (service, _) = read(properties([("jwtSigningSecret", "s")]))
        #expect(service?.tokenLogin == ServiceTokenLogin(signingSecret: "s"))
        let (other, _) = read(
            properties([
                ("jwtSigningSecret", "s"), ("jwtSigningSecretAlg", "RS256"),
                ("jwtEncryptionSecret", "e"), ("jwtEncryptionSecretAlg", "RSA-OAEP-256"),
                ("jwtEncryptionSecretMethod", "A128CBC-HS256"),
                ("jwtSecretsAreBase64Encoded", "true"),
            ]))
        let login = try #require(other?.tokenLogin)
        #expect(login.signingAlgorithm == .rs256)
        #expect(login.encryptionSecret == "e")
        #expect(login.keyManagement == .rsaOAEP256)
        #expect(login.encryptionMethod == .a128CBCHS256)
        #expect(login.areSecretsBase64)
    }

    @Test(arguments: [
        ([("jwtAsServiceTicketCipherStrategyType", "SIGN")], "CipherStrategyType"),
        ([("jwtAsServiceTicketEncryptionAlg", "A512")], "EncryptionAlg"),
        ([("jwtAsServiceTicketSigningEnabled", "perhaps")], "SigningEnabled"),
        ([("jwtAsServiceTicketSigningKey", "${#environmentVars['X']}")], "SigningKey"),
        (
            [
                ("jwtAsServiceTicketSigningKey", "x"),
                ("jwtAsServiceTicketSigningEnabled", "false"),
            ], "SigningKey"
        ),
        ([("jwtEncryptionSecret", "x")], "jwtEncryptionSecret"),
        ([("jwtSigningSecret", "x"), ("jwtSigningSecretAlg", "none")], "jwtSigningSecretAlg"),
        ([("jwtAccessTokenSigningKey", "x")], "jwtAccessTokenSigningKey"),
        ([("JwtAsServiceTicket", "true")], "JwtAsServiceTicket"),
    ])
    func `what cannot be done refuses the definition`(pairs: [(String, String)], key: String) {
        let (service, problems) = read(properties([("jwtAsServiceTicket", "true")] + pairs))
        #expect(service == nil)
        #expect(problems.contains { $0.severity == .error && $0.key?.hasSuffix(key) == true })
    }

    @Test func `switches without keys of the service's own are a warning`() {
        let (service, problems) = read(
            properties([
                ("jwtAsServiceTicket", "true"), ("jwtAsServiceTicketEncryptionEnabled", "false"),
            ]))
        #expect(service?.ticketTokens != nil)
        #expect(problems.map(\.severity) == [.warning])
    }
}
