package import Authentication
package import Platform

/// Everything that the operator decides, read from one file and checked as a whole.
///
/// `deploy/config/casd.yaml` documents every key with its unit, default and range.
package struct Configuration: Sendable {
    /// The file that it was read from.
    package var file: String
    package var server: Server
    package var listen = Listen()
    package var workers = Workers()
    package var limits = Limits()
    package var state = State()
    package var tickets = Tickets()
    package var services = Services()
    package var sso = SSO()
    package var protocolOptions = ProtocolOptions()
    package var logout = Logout()
    package var outbound = Outbound()
    package var authentication = Authentication()
    package var rest = REST()
    package var throttle = Throttle()
    package var jwt = JWT()
    package var operations = Operations()
    package var log = Log()

    package struct Server: Sendable {
        /// `server.public_url`: base of every URL that casd writes.
        package var publicURL: PublicURL
        /// `server.certificate_url`: where the gateway asks for client certificates.
        package var certificateURL: PublicURL?
        /// `server.additional_prefixes`: paths that are served as well.
        package var additionalPrefixes: [String] = []

        /// All path prefixes that are served, the public one first.
        package var prefixes: [String] {
            var prefixes = [publicURL.prefix]
            for prefix in [certificateURL?.prefix].compactMap(\.self) + additionalPrefixes
            where !prefixes.contains(prefix) {
                prefixes.append(prefix)
            }
            return prefixes
        }
    }

    package struct Listen: Sendable {
        /// `listen.socket`: a path, or `tcp:host:port`.
        package var socket = "/run/casd/casd.sock"
        package var mode: UInt32 = 0o660
        package var group: String?
        package var gatewaySecretFile: String?
        /// The content of `listen.gateway_secret_file`.
        package var gatewaySecret: [UInt8]?
    }

    package struct Workers: Sendable {
        /// `nil` is `auto`: one per processor.
        package var processes: Int?
        package var threads = 2
        package var blockingThreads = 8
        package var drainTimeout: Duration = .seconds(30)
    }

    package struct Limits: Sendable {
        package var requestBodyBytes = 64 << 10
        package var parameters = 200
        package var serviceURLBytes = 4 << 10
    }

    package struct State: Sendable {
        package var directory = "/var/lib/casd"
        package var runtimeDirectory = "/run/casd"
    }

    package struct Tickets: Sendable {
        package enum Registry: String, Sendable { case lmdb, memory }
        package var registry = Registry.lmdb
        package var mapSizeBytes = 1 << 30
        package var snapshotInterval: Duration = .seconds(30)
        package var sessionLifetime: Duration = .seconds(8 * 3600)
        package var sessionIdle: Duration = .seconds(2 * 3600)
        package var serviceTicketLifetime: Duration = .seconds(10)
        package var proxyTicketLifetime: Duration = .seconds(10)
        package var rememberMe = RememberMe()

        /// Sessions that outlive the browser (CAS 3.0 §4.1).
        package struct RememberMe: Sendable {
            package var isEnabled = false
            package var lifetime: Duration = .seconds(14 * 86_400)
        }
    }

    package struct Services: Sendable {
        package var directory = "/etc/casd/services"
        package var reload = true
        /// `services.templates`: the folder of base definitions.
        package var templates: String?
        /// `services.themes`: the folder of stylesheets that definitions name.
        package var themes: String?
        /// `services.default_attributes`: what every service is given unless it opts out.
        package var defaultAttributes: [String] = []
    }

    package struct SSO: Sendable {
        package var cookieOnRenew = true
        package var defaultService: String?
        package var offersWarning = true
        package var offersPublicWorkstation = false
    }

    package struct ProtocolOptions: Sendable {
        package var attributesOnServiceValidate = true
        package var allowsProxies = true
        package var saml1 = SAML1()

        /// SAML 1.1 validation (CAS 3.0 §4.2).
        package struct SAML1: Sendable {
            package var isEnabled = true
            /// `nil` is the public address.
            package var issuer: String?
            package var lifetime: Duration = .seconds(30)
        }
    }

    package struct Logout: Sendable {
        package var followService = false
        package var confirms = false
        package var isSingle = true
        package var onExpiry = false
    }

    /// What casd sends of its own accord: proxy callbacks, logout messages, questions to upstream
    /// servers.
    package struct Outbound: Sendable {
        /// PEM files beside the system's authorities.
        package var trust: [String] = []
        package var allowsLoopback = false
        package var deniedNetworks: [Network] = []
        package var connectTimeout: Duration = .seconds(3)
        package var timeout: Duration = .seconds(5)
    }

    package struct Authentication: Sendable {
        package var usersFile: String?
        package var allowPlaintext = false
        package var x509: X509?
        /// `authentication.combination`: how many of several credentials have to be good.
        package var combination = AuthenticationPlan.Combination.all
        package var delegated: [Upstream] = []
    }

    package struct REST: Sendable {
        package var isEnabled = false
        package var acceptsPasswords = true
        /// `rest.networks`: who may use it; empty for everybody.
        package var networks: [Network] = []
        package var allowsRememberMe = true
        /// `rest.real_json`: whether `Accept: application/json` is answered in JSON, not with the
        /// bare identifier as Apereo does.
        package var answersInJSON = false
        package var services: ServiceManagement?
        package var cors = CORS()

        /// Who may change the service definitions over REST, as in Apereo: by an attribute.
        package struct ServiceManagement: Sendable {
            package var attribute: String
            /// Matches the whole value, in either case.
            package var pattern: String
        }

        /// Which pages of other origins may use it (Fetch standard); none unless listed.
        package struct CORS: Sendable {
            package var origins: [String] = []
            package var maxAge: Duration = .seconds(3600)
        }
    }

    /// How failed logins slow down further ones.
    package struct Throttle: Sendable {
        package var isEnabled = true
        /// How many failures a bucket takes before it slows anybody down.
        package var failures = 10
        /// The same for the bucket of an address, behind which many people may sit.
        package var addressFailures = 100
        /// In which time a full bucket leaks empty.
        package var window: Duration = .seconds(300)
        /// The longest that anybody waits after a failure.
        package var delayMax: Duration = .seconds(900)
        /// The status of a REST answer: 423 as Apereo, or 429.
        package var restStatus = 423
        /// Whose failures are not counted by address, for example a campus gateway.
        package var exemptNetworks: [Network] = []
        /// How long a device on which somebody logged in is known.
        package var deviceLifetime: Duration = .seconds(90 * 86_400)
    }

    package struct Log: Sendable {
        package enum Level: String, Sendable, CaseIterable {
            case debug, info, notice, warning, error
        }
        package enum Format: String, Sendable, CaseIterable { case json, text }
        package var level = Level.info
        package var format = Format.json
        /// `nil` is standard error.
        package var file: String?
    }
}
