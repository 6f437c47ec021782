internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services

/// `/validate` (CAS 3.0 §2.4), `/serviceValidate` (§2.5), `/proxyValidate` (§2.6) and both below
/// `/p3` (§2.8, §2.9).
///
/// Every outcome is an answer with status 200; clients take other statuses for an outage.
struct ValidateEndpoint: Sendable {

    let sso: SingleSignOn
    let services: ServiceCatalog
    let limits: Configuration.Limits
    /// Whether CAS 2.0 answers carry attributes, as deployments expect.
    let attributesInVersion2: Bool
    let clock: Clock
    let log: Logger

    func respond(
        to request: Request, version: ServiceProtocol, acceptsProxyTickets: Bool = false
    ) -> Response {
        var format = Format.xml
        do {
            let parameters: Parameters
            do {
                parameters = try Parameters(request, limit: limits.parameters)
            } catch {
                throw ProtocolFailure(.invalidRequest, reason: Refusal(error).reason)
            }
            format = try readFormat(parameters, version: version)
            let assertion = try sso.validate(
                try readRequest(
                    parameters, version: version, acceptsProxyTickets: acceptsProxyTickets),
                in: services.current, at: clock())
            log.debug("ticket validated", metadata: ["user": .string(assertion.user)])
            return render(
                .success(
                    assertion, includingAttributes: version == .cas3 || attributesInVersion2),
                as: format)
        } catch let failure as ProtocolFailure {
            log.record(failure, of: request)
            return render(.failure(failure.code), as: version == .cas1 ? .plain : format)
        } catch {
            log.record(ProtocolFailure(.internalError, reason: "unexpected"), of: request)
            return render(.failure(.internalError), as: version == .cas1 ? .plain : format)
        }
    }

    private enum Format { case xml, json, plain }

    /// CAS 3.0 §2.5.1: `XML`, the default, or `JSON`; other words are an error.
    private func readFormat(_ parameters: Parameters, version: ServiceProtocol) throws -> Format {
        guard version != .cas1 else { return .plain }
        switch parameters["format"]?.uppercased() {
        case nil, "XML": return .xml
        case "JSON": return .json
        default: throw ProtocolFailure(.invalidRequest, reason: "unknown format")
        }
    }

    private func readRequest(
        _ parameters: Parameters, version: ServiceProtocol, acceptsProxyTickets: Bool
    ) throws(ProtocolFailure) -> ValidationRequest {
        guard let ticket = parameters["ticket"] else {
            throw ProtocolFailure(.invalidRequest, reason: "ticket missing")
        }
        guard let service = parameters["targetService"] ?? parameters["service"] else {
            throw ProtocolFailure(.invalidRequest, reason: "service missing")
        }
        return ValidationRequest(
            ticket: ticket, service: service, requiresNewLogin: parameters.isSet("renew"),
            proxyCallback: version == .cas1 ? nil : parameters["pgtUrl"],
            acceptsProxyTickets: acceptsProxyTickets, version: version,
            serviceBytesMax: limits.serviceURLBytes)
    }

    private func render(_ response: ServiceResponse, as format: Format) -> Response {
        switch format {
        case .xml: Response(.ok, type: "application/xml;charset=UTF-8", body: response.xml)
        case .json: Response(.ok, type: "application/json;charset=UTF-8", body: response.json)
        case .plain: Response(.ok, type: "text/plain;charset=UTF-8", body: response.plainText)
        }
    }
}

extension Logger {
    /// The one line of a validation that failed.
    func record(_ failure: ProtocolFailure, of request: Request) {
        var metadata: Logger.Metadata = [
            "code": .string(failure.code.rawValue), "reason": .string(failure.reason),
            "client": .string(request.gateway.remoteAddress),
        ]
        for detail in failure.details { metadata[detail.key] = .string(detail.value) }
        log(
            level: failure.code == .internalError ? .error : .info, "validation refused",
            metadata: metadata)
    }
}
