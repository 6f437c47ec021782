import HTTP
import JSON
import Platform
import TestSupport
import Testing

@testable import CASServer

/// `/actuator/tokenAuth`.
@Suite("Tokens for operators' programs") struct TokenAuthTests {
    private let service = "?service=" + percentEncoded(TokenForge.service)

    private func browser(
        _ settings: String = "operations: { networks: [192.0.2.0/24] }",
        properties: KeyValuePairs<String, String> = [:], fields: [String] = [],
        files: KeyValuePairs<String, String> = [:]
    ) throws -> Browser {
        Browser(
            try TestServer(
                """
                jwt:
                  login_by_token: { enabled: true, algorithms: [HS256, RS256], endpoint: true }
                \(settings)
                """,
                definitions: [TestServer.portal(properties, fields)], files: files))
    }

    private func minted(_ response: Response) throws -> String {
        let document = try JSONValue(parsing: response.body)
        return try #require(document.objectValue?["token"]?.stringValue)
    }

    @Test func `a token is made, explained and logs in once`() throws {
        let browser = try browser()
        let made = browser.post("/cas/actuator/tokenAuth/casuser" + service, [:])
        #expect(made.status == .ok && made["Content-Type"]?.hasPrefix("application/json") == true)
        #expect(
            made.text.hasPrefix(
                #"{"registeredService":{"id":100,"name":"portal","serviceId":"^https://portal"#))
        let token = try minted(made)
        #expect(token.split(separator: ".", omittingEmptySubsequences: false).count == 5)
        for _ in 0..<2 {
            let explained = browser.get("/cas/actuator/tokenAuth/" + token + service)
            #expect(explained.status == .ok)
            #expect(explained.text.hasSuffix(#""principal":{"id":"casuser","attributes":{}}}"#))
        }
        #expect(browser.follow(token).ticket != nil)
        #expect(Browser(browser.server).follow(token).isLoginForm)
        let log = try browser.server.log
        #expect(log.contains("token made") && !log.contains(token))
        #expect(!log.contains(TokenVector.signingSecret))
    }

    @Test func `a minted token is good for five minutes`() throws {
        let browser = try browser()
        let token = try minted(browser.post("/cas/actuator/tokenAuth/casuser" + service, [:]))
        browser.server.advance(by: .seconds(359))
        let path = "/cas/actuator/tokenAuth/" + token + service
        #expect(browser.get(path).status == .ok)
        browser.server.advance(by: .seconds(1))
        #expect(browser.get(path).status == .unauthorized)
    }

    @Test func `attributes of a portal's token are shown as lists`() throws {
        let browser = try browser()
        let token = TokenForge.signed(
            TokenForge.claims(["mail": "a@example.org", "age": 42, "flags": [true, 1.5, nil, []]]))
        let explained = browser.get("/cas/actuator/tokenAuth/" + token + service).text
        for part in [
            #""mail":["a@example.org"]"#, #""age":["42"]"#, #""flags":["true","1.5"]"#,
        ] {
            #expect(explained.contains(part))
        }
    }

    @Test func `a service is named by its number as well, in the address or in the form`() throws {
        let browser = try browser()
        let made = browser.post("/cas/actuator/tokenAuth/casuser", ["service": "100"])
        #expect(
            browser.get("/cas/actuator/tokenAuth/\(try minted(made))?service=100").status == .ok)
    }

    @Test(arguments: [
        ("casuser%40example.org", "casuser@example.org"), ("a+b", "a+b"), ("a%20b", "a b"),
        ("J%C3%BCrgen", "Jürgen"), ("a&b=c;d", "a&b=c;d"),
    ])
    func `names are written as addresses are`(written: String, name: String) throws {
        let browser = try browser()
        let token = try minted(
            browser.post("/cas/actuator/tokenAuth/" + written + "?service=100", [:]))
        let explained = browser.get("/cas/actuator/tokenAuth/\(token)?service=100").text
        let principal = try JSONValue(parsing: explained).objectValue?["principal"]
        #expect(principal?.objectValue?["id"]?.stringValue == name)
    }

    @Test(arguments: [
        ("POST", "casuser", "", 400), ("POST", "casuser", "?service=", 400),
        ("POST", "casuser", "?service=100&service=1", 400), ("POST", "%C3", "?service=100", 400),
        ("POST", "%20", "?service=100", 400), ("POST", "casuser", "?service=77", 403),
        ("POST", "casuser", "?service=1", 403), ("POST", "casuser", "?service=not-an-url", 403),
        ("POST", "casuser", "?service=https://unknown.example.org/", 403),
        ("POST", "casuser", "?service=https://off.example.org/", 403),
        ("POST", "casuser", "?service=3", 403), ("GET", "e.e.e", "?service=100", 401),
        ("GET", "casuser", "?service=1", 403), ("HEAD", "casuser", "?service=100", 405),
        ("DELETE", "casuser", "?service=100", 405),
    ])
    func `what cannot be done is a problem`(
        method: String, segment: String, query: String, status: Int
    ) throws {
        let browser = try browser()
        let known = HTTP.Method.allCases.first { $0.rawValue == method }
        let response = browser.send(
            try #require(known), "/cas/actuator/tokenAuth/" + segment + query)
        #expect(response.status.rawValue == status)
        if status != 405 {
            #expect(response["Content-Type"] == "application/problem+json")
        }
    }

    @Test func `nobody else is let in`() throws {
        let local = "operations: { networks: [127.0.0.1/32] }"
        for browser in [try browser(local), try browser("operations: { networks: [10.0.0.0/8] }")] {
            let made = browser.post("/cas/actuator/tokenAuth/casuser" + service, [:])
            #expect(made.status == .forbidden && !made.text.contains("token\""))
            let token = TokenForge.signed(TokenForge.claims())
            #expect(browser.get("/cas/actuator/tokenAuth/" + token + service).status == .forbidden)
            #expect(try browser.server.log.contains("network not listed"))
            browser.gateway.remoteAddress = "nonsense"
            #expect(
                browser.post("/cas/actuator/tokenAuth/casuser" + service, [:]).status == .forbidden)
        }
    }

    @Test func `it is not there unless the operator wants it`() throws {
        let browser = Browser(
            try TestServer(tokens: "", settings: "operations: { networks: [192.0.2.0/24] }"))
        #expect(
            browser.post("/cas/actuator/tokenAuth/casuser" + service, [:]).status == .notFound)
        #expect(browser.get("/cas/actuator/tokenAuth/e.e.e" + service).status == .notFound)
    }

    @Test func `the access strategy counts when a token is made`() throws {
        let browser = try browser(
            fields: [
                Definition.access(
                    #""requiredAttributes": { "@class": "java.util.HashMap", "r": ["x"] }"#)
            ])
        let made = browser.post("/cas/actuator/tokenAuth/casuser" + service, [:])
        #expect(made.status == .forbidden)
        #expect(made.text.contains("may not enter"))
    }

    @Test func `the public half of a key makes no token, and reads them`() throws {
        let folder = try TemporaryDirectory()
        let file = folder.file("public.pem")
        try File.replace(file, with: Array(TokenVector.publicKey.utf8))
        let browser = try browser(
            properties: ["jwtSigningSecret": file, "jwtSigningSecretAlg": "RS256"])
        let made = browser.post("/cas/actuator/tokenAuth/casuser" + service, [:])
        #expect(made.status == .internalServerError)
        #expect(try browser.server.log.contains("jwtSigningSecret"))
        try File.replace(file, with: Array(TokenVector.privateKey.utf8))
        try browser.server.redefine([
            TestServer.portal(["jwtSigningSecret": file, "jwtSigningSecretAlg": "RS256"])
        ])
        let token = try minted(browser.post("/cas/actuator/tokenAuth/casuser" + service, [:]))
        #expect(browser.follow(token).ticket != nil)
    }
}
