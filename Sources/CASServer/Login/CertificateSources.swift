internal import Authentication
internal import HTTP
internal import OpenSSL
internal import Platform

/// Which certificate of a request counts, by where it comes from.
///
/// A certificate is public: only the handshake, or a peer that vouches for one, says that its
/// owner is the one who asks. Each source is believed by rules of its own.
struct CertificateSources: Sendable {
    private let settings: Configuration.Authentication.X509.Sources?

    /// Why none of the certificates of a request counts.
    enum Fault: Error, Hashable {
        /// Different certificates came in different ways.
        case several
        /// The header came twice.
        case repeatedHeader
    }

    /// - Parameter settings: `nil` if nobody logs in by certificate.
    init(_ settings: Configuration.Authentication.X509.Sources?) {
        self.settings = settings
    }

    /// The certificate of whoever sent the request; its text may be anything.
    ///
    /// - Parameter field: The form field `cert`.
    func certificate(
        of request: Request, field: String? = nil
    ) throws(Fault) -> ClientCertificate? {
        guard let settings else { return nil }
        var found: [ClientCertificate] = []
        if settings.tls, let text = handshake(of: request.gateway, settings) {
            found.append(ClientCertificate(text: text, source: .tls))
        }
        if let header = settings.header, isListed(request, header.peers) {
            let texts = request.headers.all(header.name).filter { !isAbsent($0) }
            guard texts.count <= 1 else { throw .repeatedHeader }
            found += texts.map { ClientCertificate(text: $0, source: .header) }
        }
        if let peers = settings.bodyPeers, let field, !isAbsent(field), isListed(request, peers) {
            found.append(ClientCertificate(text: field, source: .body))
        }
        guard let first = found.first else { return nil }
        guard found.count == 1 || areSame(found) else { throw .several }
        return first
    }

    /// SHA-256 over the DER of the request's certificate, if there is one that can be read.
    func digest(of request: Request, field: String? = nil) -> [UInt8]? {
        guard let certificate = try? certificate(of: request, field: field) else { return nil }
        return (try? X509Certificate(certificate.text))?.sha256
    }

    /// The name of the header as the gateway passes it, if one may carry a certificate.
    var headerParameter: String? {
        settings?.header.map { Headers.parameterName($0.name) }
    }

    private func handshake(
        of gateway: GatewayFacts, _ settings: Configuration.Authentication.X509.Sources
    ) -> String? {
        switch gateway.clientVerification {
        case .success: gateway.clientCertificate
        // The handshake has proved possession; whom to trust, casd decides itself.
        case .failed where settings.acceptsUnverified: gateway.clientCertificate
        case .failed, .none: nil
        }
    }

    private func isListed(_ request: Request, _ peers: [Network]) -> Bool {
        guard let address = IPAddress(request.gateway.remoteAddress) else { return false }
        return peers.contains { $0.contains(address) }
    }

    /// What gateways write when there is no certificate.
    private func isAbsent(_ text: String) -> Bool {
        text.allSatisfy { $0 == " " || $0 == "\t" } || text.lowercased() == "(null)"
    }

    private func areSame(_ certificates: [ClientCertificate]) -> Bool {
        let digests = certificates.map { (try? X509Certificate($0.text))?.sha256 }
        return digests.allSatisfy { $0 != nil && $0 == digests[0] }
    }
}
