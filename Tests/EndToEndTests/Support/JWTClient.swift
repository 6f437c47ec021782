import Foundation
import Platform
import TestSupport
import Testing

/// What somebody who verifies tokens has to know: the settings of the documentation's programs and
/// of `verify_jwt.py`.
struct JWTSettings: Sendable {
    var issuer: String
    var audience: String
    var order = "ENCRYPT_AND_SIGN"
    /// The text of a shared signing key.
    var signingKey: String?
    /// Or where the public keys are: a file or an address.
    var keySet: String?
    var signingAlgorithm = "HS512"
    /// The text of a shared encryption key.
    var encryptionKey: String?
    /// Or the file of an RSA private key, PEM.
    var decryptionKeyFile: String?
    var encryptionMethod = "A256CBC-HS512"

    /// As the documentation's programs take them.
    var environment: [String: String] {
        [
            "TOKEN_ISSUER": issuer, "TOKEN_AUDIENCE": audience, "TOKEN_ORDER": order,
            "TOKEN_SIGNING_KEY": signingKey ?? "", "TOKEN_JWKS": keySet ?? "",
            "TOKEN_SIGNING_ALGORITHM": signingAlgorithm,
            "TOKEN_ENCRYPTION_KEY": encryptionKey ?? "",
            "TOKEN_DECRYPTION_KEY_FILE": decryptionKeyFile ?? "",
            "TOKEN_ENCRYPTION_METHOD": encryptionMethod,
        ]
    }

    /// As `verify_jwt.py` takes them.
    var json: String {
        get throws {
            var members = ["order": order]
            members["signingKey"] = signingKey
            members["keySet"] = keySet
            members["signingAlgorithm"] = signingAlgorithm
            members["encryptionKey"] = encryptionKey
            members["decryptionKeyFile"] = decryptionKeyFile
            members["encryptionMethod"] = encryptionMethod
            return String(decoding: try JSONEncoder().encode(members), as: UTF8.self)
        }
    }
}

/// One of the programs on the documentation's page for those who verify tokens.
enum JWTClient: String, CaseIterable, Sendable {
    case python = "verify.py"
    case java = "VerifyToken.java"
    case php = "verify.php"
    case go = "verify.go"
    case shell = "verify.sh"

    /// What a program said about a token.
    struct Answer: Sendable, CustomStringConvertible {
        /// 0: accepted, 1: refused, 2: the settings are wrong.
        let status: Int32
        let text: String
        /// What it wrote to standard error.
        let reason: String

        var user: String? { members?["user"] as? String }
        /// The claims in the one order that ``canonical(_:)`` makes.
        var claims: String? { members?["claims"].flatMap(canonical) }
        var description: String { "\(status): \(text)\(reason)" }

        private var members: [String: Any]? {
            // What is no JSON has no members.
            try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        }
    }

    /// Has the program verify a token.
    ///
    /// - Parameters:
    ///   - seen: The folder for the names of tokens that were there; `nil` is a new one.
    ///   - authority: The certificates that it trusts for `https://`, PEM.
    func run(
        token: String, settings: JWTSettings, seen: String? = nil, authority: String? = nil
    ) throws -> Answer {
        let folder = try TemporaryDirectory()
        var environment = settings.environment
        environment["TOKEN_SEEN_DIRECTORY"] = seen ?? folder.path
        var options: [String] = []
        if let authority {
            environment["SSL_CERT_FILE"] = authority
            environment["CURL_CA_BUNDLE"] = authority
            environment["no_proxy"] = "*"
            options = try optionsTrusting(authority, in: folder)
        }
        let command = try Command(
            try program(options), input: Array("\(token)\n".utf8), environment: environment)
        return Answer(status: command.status, text: command.text, reason: command.errors)
    }

    private func program(_ options: [String]) throws -> [String] {
        let folder = try JWTClients.folder.get()
        switch self {
        case .python: return [Python.path, "\(folder)/\(rawValue)"]
        case .java:
            return [
                "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                "\(folder)/classes:\(JWTClients.gson)",
            ] + options + ["VerifyToken"]
        case .php: return ["php"] + options + ["\(folder)/\(rawValue)"]
        case .go: return ["\(folder)/verify-go"]
        case .shell: return ["sh", "\(folder)/\(rawValue)"]
        }
    }

    /// What makes it trust an authority, where the environment does not.
    private func optionsTrusting(
        _ authority: String, in folder: TemporaryDirectory
    ) throws -> [String] {
        switch self {
        case .php: return ["-d", "openssl.cafile=\(authority)"]
        case .java:
            let store = folder.file("trusted.p12")
            try Command.check([
                "keytool", "-importcert", "-noprompt", "-alias", "authority", "-file", authority,
                "-keystore", store, "-storetype", "PKCS12", "-storepass", "password",
            ])
            return [
                "-Djavax.net.ssl.trustStore=\(store)",
                "-Djavax.net.ssl.trustStorePassword=password",
            ]
        case .python, .go, .shell: return []
        }
    }
}

/// The page's programs in a folder, compiled where they have to be.
enum JWTClients {
    static let page = Repository.root + "/Sources/CASServer/CASServer.docc/JWT.md"
    static let gson = "/usr/share/java/gson.jar"

    /// Where they are; made once in each run of the tests.
    static let folder = Result { () throws -> String in
        let folder = Repository.root + "/.build/jwt-clients"
        try? File.makeDirectory(folder)  // There from the run before.
        let programs = try Self.programs()
        for client in JWTClient.allCases {
            let source = try #require(programs[client.rawValue], "\(client) is not on the page")
            try File.replace("\(folder)/\(client.rawValue)", with: Array(source.utf8))
        }
        try Command.check([
            "javac", "-Xlint:all,-serial", "-Werror", "-cp", gson, "-d", "\(folder)/classes",
            "\(folder)/\(JWTClient.java.rawValue)",
        ])
        try Command.check(
            ["go", "build", "-o", "\(folder)/verify-go", "\(folder)/\(JWTClient.go.rawValue)"],
            environment: ["GOCACHE": "\(folder)/go-cache", "GO111MODULE": "off", "GOFLAGS": ""])
        return folder
    }

    /// The sources on the page by their names: each block after a line "Save as `NAME`:".
    static func programs() throws -> [String: String] {
        var programs: [String: String] = [:]
        for part in try File.readText(page).components(separatedBy: "\nSave as `").dropFirst() {
            let name = String(part.prefix { $0 != "`" })
            let block = try #require(part.between("\n\n```", "\n```\n"), "\(name) has no source")
            let source = block.drop { $0 != "\n" }.dropFirst()
            #expect(programs.updateValue(source + "\n", forKey: name) == nil, "\(name) twice")
        }
        return programs
    }
}

/// JSON in one order, to compare it.
func canonical(_ value: Any) -> String? {
    // What is no JSON equals nothing.
    (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]))
        .map { String(decoding: $0, as: UTF8.self) }
}
