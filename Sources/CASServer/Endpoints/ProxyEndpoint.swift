internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO

/// `/proxy` (CAS 3.0 §2.7): a proxy ticket for a proxy granting ticket.
///
/// Every outcome is an answer with status 200, as at validation.
struct ProxyEndpoint: Sendable {
    let sso: SingleSignOn
    let services: ServiceCatalog
    let limits: Configuration.Limits
    let clock: Clock
    let log: Logger

    func respond(to request: Request) -> Response {
        let answer: ProxyResponse
        do {
            answer = .success(try grant(request))
        } catch {
            var metadata: Logger.Metadata = [
                "code": .string(error.code.rawValue), "reason": .string(error.reason),
                "client": .string(request.gateway.remoteAddress),
            ]
            if let detail = error.detail { metadata["detail"] = .string(detail) }
            log.log(
                level: error.code == .internalError ? .error : .info, "proxy ticket refused",
                metadata: metadata)
            answer = .failure(error.code)
        }
        return Response(.ok, type: "application/xml;charset=UTF-8", body: answer.xml)
    }

    private func grant(_ request: Request) throws(ProxyFailure) -> TicketID {
        let parameters: Parameters
        do {
            parameters = try Parameters(request, limit: limits.parameters)
        } catch {
            throw ProxyFailure(.invalidRequest, reason: Refusal(error).reason)
        }
        guard let ticket = parameters["pgt"] else {
            throw ProxyFailure(.invalidRequest, reason: "pgt missing")
        }
        guard let target = parameters["targetService"] else {
            throw ProxyFailure(.invalidRequest, reason: "targetService missing")
        }
        return try sso.grantProxyTicket(
            ticket, for: target, bytesMax: limits.serviceURLBytes, in: services.current,
            at: clock())
    }
}
