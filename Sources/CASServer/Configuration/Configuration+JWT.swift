package import JOSE
package import Platform

extension Configuration {
    /// Tickets that are JSON Web Tokens (RFC 7519), in the wire format of Apereo CAS.
    package struct JWT: Sendable {
        /// Where a key is that the operator has made; `nil` elsewhere means that casd makes it.
        package enum KeySource: Hashable, Sendable {
            /// The key in Apereo's notation, as `cas.authn.token.crypto.….key` has it.
            case text(String)
            /// A file that holds it.
            case file(String)
        }

        /// How tokens are laid out.
        package enum Layout: String, Sendable, CaseIterable {
            /// As Apereo CAS 7.2 and later write them.
            case apereo72 = "apereo_7.2"
            /// As Apereo CAS 6.1 to 7.0 write them: contents are compressed.
            case apereo70 = "apereo_7.0"
        }

        /// `jwt.issuer`; `nil` is the public address.
        package var issuer: String?
        /// `jwt.strategy`.
        package var order = LayerOrder.encryptAndSign
        /// `jwt.layout`.
        package var layout = Layout.apereo72
        package var signing = Signing()
        package var encryption = Encryption()
        /// `jwt.service_ticket_lifetime`; `nil` is that of service tickets.
        package var serviceTicketLifetime: Duration?
        /// `jwt.claims_from_request`: the parameters that may become claims of a ticket-granting
        /// token.
        package var claimsFromRequest: [String] = []
        /// `jwt.redirect_parameter`: whether `redirect=true` comes with a token, as in Apereo.
        package var sendsRedirectParameter = false
        package var login = LoginByToken()

        package struct Signing: Sendable {
            package var isEnabled = true
            /// `nil` leaves it to the key: `HS512` for a secret, `RS512` for RSA as in Apereo.
            package var algorithm: SignatureAlgorithm?
            package var key: KeySource?
        }

        package struct Encryption: Sendable {
            package var isEnabled = true
            package var method = ContentEncryption.a256CBCHS512
            package var key: KeySource?
        }
    }

    /// `jwt.login_by_token`: tokens that other programs make to log somebody in.
    package struct LoginByToken: Sendable {
        /// What a token has to say.
        package enum RequiredClaim: String, Hashable, Sendable, CaseIterable {
            case exp, aud, iss, jti, iat, nbf
        }

        package var isEnabled = false
        /// The only ones that count, whatever a token or a service definition says.
        package var algorithms: [SignatureAlgorithm] = []
        package var required: Set<RequiredClaim> = [.exp, .aud, .iss]
        /// `login_by_token.issuers`: who may have made a token beside casd and the service itself.
        package var issuers: [String] = []
        /// `login_by_token.max_lifetime`: how far away the end of a token may be, so that the marks
        /// of used ones do not stay for years.
        package var lifetimeMax: Duration = .seconds(86_400)
        /// `login_by_token.endpoint`: whether `/actuator/tokenAuth` makes and explains tokens.
        package var hasEndpoint = false
    }

    /// What is for operators and their programs.
    package struct Operations: Sendable {
        /// `operations.networks`: who may ask `/actuator`.
        package var networks: [Network] = ["127.0.0.1/32", "::1/128"].compactMap(Network.init)
    }
}
