package import Authentication
package import Platform

extension Configuration.Authentication {
    /// Logging in with client certificates.
    package struct X509: Sendable {
        package var trustAnchors: [String] = []
        package var intermediates: [String] = []
        package var sources = Sources()
        /// Without the users of ``usersFile``, which is read when the handlers are made.
        package var principal = CertificatePrincipal()
        /// `principal.users_file`: which certificate belongs to whom.
        package var usersFile: String?
        package var subjectPattern = ".+"
        package var issuerPattern: String?
        package var maxPathLength = 1
        package var checksKeyUsage = false
        package var requiresKeyUsage = false
        package var revocation = RevocationRules()
        package var boundTickets = BoundTickets.off

        /// How certificates come here.
        package struct Sources: Sendable {
            /// `sources.tls`: from the gateway's handshake.
            package var tls = true
            /// `sources.optional_no_ca`: whether certificates count that the gateway itself does
            /// not trust; the handshake has proved possession all the same.
            package var acceptsUnverified = false
            /// `nil`: off.
            package var header: Header?
            /// The peers of `sources.body`; `nil`: off.
            package var bodyPeers: [Network]?

            /// `sources.header`.
            package struct Header: Sendable {
                /// In lower case with dashes, for example `ssl-client-cert`.
                package var name: String
                package var peers: [Network]
            }
        }

        /// Whether a session that began with a certificate is good only with that certificate.
        package enum BoundTickets: String, Sendable, CaseIterable {
            case off
            /// Sessions that began with a certificate are bound to it.
            case whenCertificate = "when_certificate"
            /// And there are no others.
            case required
        }
    }
}
