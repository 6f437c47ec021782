internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services

/// `/samlValidate` (CAS 3.0 §4.2): validation in SAML 1.1 over SOAP.
struct SAMLEndpoint: Sendable {
    let sso: SingleSignOn
    let services: ServiceCatalog
    let limits: Configuration.Limits
    /// Who the answers say they are from.
    let issuer: String
    /// How long an answer is good for.
    let lifetime: Duration
    let clock: Clock
    let random: RandomBytes
    let log: Logger

    func respond(to request: Request) -> Response {
        let now = clock()
        var asked: SAML1Request?
        let body: [UInt8]
        do {
            let (read, service) = try self.read(request, &asked)
            let assertion = try sso.validate(
                try validation(read, service, request), in: services.current, at: now)
            log.debug("ticket validated", metadata: ["user": .string(assertion.user)])
            body = SAML1Response.success(
                assertion, service: service, issuer: issuer, requestID: read.requestID,
                responseID: mintID(), assertionID: mintID(), at: now, lifetime: lifetime,
                includingAttributes: mayCarryAttributes(to: service))
        } catch {
            log.record(error, of: request)
            body = SAML1Response.failure(
                error.code, requestID: asked?.requestID, responseID: mintID(), at: now)
        }
        return Response(.ok, type: "text/xml;charset=UTF-8", body: body)
    }

    private func read(
        _ request: Request, _ asked: inout SAML1Request?
    ) throws(ProtocolFailure) -> (SAML1Request, String) {
        let read: SAML1Request
        do {
            read = try SAML1Request.read(request.body)
        } catch {
            throw ProtocolFailure(.invalidRequest, reason: "SAML request " + error.rawValue)
        }
        asked = read
        guard let service = try parameters(request)["TARGET"] else {
            throw ProtocolFailure(.invalidRequest, reason: "TARGET missing")
        }
        return (read, service)
    }

    /// Those of the address; the body is no form.
    private func parameters(_ request: Request) throws(ProtocolFailure) -> Parameters {
        do {
            return try Parameters(queryOf: request, limit: limits.parameters)
        } catch {
            throw ProtocolFailure(.invalidRequest, reason: Refusal(error).reason)
        }
    }

    private func validation(
        _ read: SAML1Request, _ service: String, _ request: Request
    ) throws(ProtocolFailure) -> ValidationRequest {
        ValidationRequest(
            ticket: read.ticket, service: service,
            requiresNewLogin: try parameters(request).isSet("renew"), version: .saml1,
            serviceBytesMax: limits.serviceURLBytes)
    }

    /// CAS 3.0 §4.2.1: no attributes for sites without TLS; on this machine nobody listens.
    private func mayCarryAttributes(to service: String) -> Bool {
        guard let url = try? ServiceURL(service, bytesMax: limits.serviceURLBytes) else {
            return false
        }
        return url.scheme == "https" || ["localhost", "127.0.0.1", "[::1]"].contains(url.host)
    }

    /// An XML identifier: it must not begin with a digit.
    private func mintID() -> String { "_" + hexadecimal(random(16)) }
}
