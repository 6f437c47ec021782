import Authentication
import CASProtocol
import CASServer
import HTTP
import Logging
import OpenSSL
import Password
import Platform
import Services
import TestSupport
import Tickets

/// A whole server in one process, with a clock of its own, a memory registry and a log to look
/// into.
final class TestServer: Sendable {
    static let base = "https://sso.example.org/cas"

    let now: Lock<Instant>
    let registry: MemoryTicketRegistry
    let services: ServiceCatalog
    /// The keys of its tokens.
    let tokenKeys: TokenKeyCatalog
    /// The other servers that this one calls.
    let network = TestNetwork()
    let logFile: String
    /// The server behind its transport.
    let app: App
    private let folder: TemporaryDirectory

    /// - Parameters:
    ///   - settings: Lines of configuration beside the address, the users and the services.
    ///   - serverSettings: Further keys of the section `server`.
    ///   - authenticationSettings: Further keys of the section `authentication`.
    ///   - themes: The folder of stylesheets.
    ///   - definitions: Service definitions beside the usual ones.
    ///   - files: Files beside the configuration.
    init(
        _ settings: String = "", server serverSettings: String = "",
        authentication authenticationSettings: String = "", themes: String? = nil,
        definitions: [String] = [], registry: MemoryTicketRegistry = MemoryTicketRegistry(),
        files: KeyValuePairs<String, String> = [:]
    ) throws {
        folder = try TemporaryDirectory()
        logFile = folder.file("log")
        try File.makeDirectory(folder.file("services"))
        try Self.write(Self.services + definitions, to: folder.file("services"))
        try File.replace(folder.file("users.json"), with: Array(Self.users.utf8))
        for (name, content) in files {
            try File.replace(folder.file(name), with: Array(content.utf8))
        }
        let text = """
            server: { public_url: \(Self.base), \(serverSettings) }
            authentication:
              { users: { file: users.json, allow_plaintext: true }, \(authenticationSettings) }
            services: { directory: services, themes: \(themes ?? "null") }
            state: { directory: state, runtime_directory: run }
            log: { level: debug, file: log }
            \(settings)
            """
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        let configuration = try Configuration.load(folder.file("casd.yaml"))
        let clock = Lock(Instant(milliseconds: 1_714_550_139_123))
        now = clock
        self.registry = registry
        services = ServiceCatalog(
            ServiceCatalog.Source(
                directory: configuration.services.directory,
                templates: configuration.services.templates),
            changes: try SharedCounter(folder.file("services.changes")))
        try File.makeDirectory(configuration.state.runtimeDirectory)
        tokenKeys = try TokenKeyCatalog(
            configuration, clock: { clock.withLock { $0 } }, random: systemRandomBytes)
        var dependencies = App.Dependencies(
            registry: registry, services: services, plan: try Assembly.plan(configuration),
            keys: try Assembly.keys(configuration), clock: { clock.withLock { $0 } },
            random: systemRandomBytes, log: try configuration.log.logger(), send: network.send,
            tokenKeys: tokenKeys)
        dependencies.themes = try Assembly.themes(configuration)
        app = App(configuration, dependencies)
    }

    private static func write(_ definitions: [String], to folder: String) throws {
        for (index, definition) in definitions.enumerated() {
            try File.replace("\(folder)/s-\(index).json", with: Array(definition.utf8))
        }
    }

    /// Puts other definitions beside the usual ones, while the server runs.
    func redefine(_ definitions: [String]) throws {
        let path = folder.file("services")
        for name in try File.names(in: path) { File.remove("\(path)/\(name)") }
        try Self.write(Self.services + definitions, to: path)
        services.replace(by: ServiceDirectory.load(path).registry)
    }

    /// The folder of definitions.
    var definitions: String { folder.file("services") }

    /// Delivers the logout messages that are due, as a worker's threads do.
    func deliverLogouts() {
        app.logoutDispatcher.deliverDue(at: { [now] in now.withLock { $0 } }, limit: 1000)
    }

    func respond(to request: Request) -> Response { app.respond(to: request) }

    func refuse(_ fault: RequestFault, _ facts: GatewayFacts) -> Response {
        app.refuse(fault, facts)
    }

    func overloaded(_ path: String, _ facts: GatewayFacts) -> Response {
        app.overloaded(Request(method: .post, path: path, gateway: facts), facts)
    }

    func advance(by time: Duration) {
        now.withLock { $0 = $0 + time }
    }

    /// The keys that it seals with.
    var keys: KeyRing {
        get throws {
            try KeyRing.load(
                folder.file("state/keys"), now: now.withLock { $0 }, random: systemRandomBytes)
        }
    }

    /// Everything that was logged so far.
    var log: String {
        get throws { try File.readText(logFile) }
    }

    /// A plain password keeps the tests fast; hashes have tests of their own.
    static let users = """
        {
          "casuser": {
            "password": "Mellon", "status": "OK",
            "attributes": {
              "mail": ["casuser@example.org"], "givenName": "Cas", "memberOf": ["staff", "library"]
            }
          },
          "other": { "password": "Mellon", "attributes": {} },
          "locked": { "password": "Mellon", "status": "LOCKED" },
          "disabled": { "password": "Mellon", "status": "DISABLED" },
          "expired": { "password": "Mellon", "status": "EXPIRED" },
          "mustchange": { "password": "Mellon", "status": "MUST_CHANGE_PASSWORD" }
        }
        """

    static let services = [
        """
        { "@class": "org.apereo.cas.services.RegexRegisteredService", "id": 1, "name": "App",
          "serviceId": "^https://app\\\\.example\\\\.org/.*",
          "attributeReleasePolicy": {
            "@class": "org.apereo.cas.services.ReturnAllAttributeReleasePolicy" } }
        """,
        """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 2, "name": "Plain",
          "serviceId": "^https://plain\\\\.example\\\\.org(/.*)?" }
        """,
        """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 3, "name": "Off",
          "serviceId": "^https://off\\\\.example\\\\.org/.*",
          "accessStrategy": {
            "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
            "enabled": false } }
        """,
        """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 4, "name": "Sensitive",
          "serviceId": "^https://sensitive\\\\.example\\\\.org/.*",
          "accessStrategy": {
            "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
            "ssoEnabled": false } }
        """,
        """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 5, "name": "Staff",
          "serviceId": "^https://staff\\\\.example\\\\.org/.*",
          "accessStrategy": {
            "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
            "requiredAttributes": { "memberOf": ["staff"] } },
          "usernameAttributeProvider": {
            "@class": "org.apereo.cas.services.PrincipalAttributeRegisteredServiceUsernameProvider",
            "usernameAttribute": "mail" } }
        """,
    ]
}
