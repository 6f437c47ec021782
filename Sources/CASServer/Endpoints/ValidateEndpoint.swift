internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO

/// `/validate` (CAS 3.0 §2.4), `/serviceValidate` (§2.5) and `/p3/serviceValidate` (§2.8).
///
/// Every outcome is an answer with status 200; clients take other statuses for an outage.
struct ValidateEndpoint: Sendable {
    enum Version: Sendable { case cas1, cas2, cas3 }

    let sso: SingleSignOn
    let services: ServiceCatalog
    let limits: Configuration.Limits
    /// Whether CAS 2.0 answers carry attributes, as deployments expect.
    let attributesInVersion2: Bool
    let clock: Clock
    let log: Logger

    func respond(to request: Request, version: Version) -> Response {
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
                try readRequest(parameters), in: services.current, at: clock())
            log.debug("ticket validated", metadata: ["user": .string(assertion.user)])
            return render(
                .success(
                    assertion, includingAttributes: version == .cas3 || attributesInVersion2),
                as: format)
        } catch let failure as ProtocolFailure {
            record(failure, request)
            return render(.failure(failure.code), as: version == .cas1 ? .plain : format)
        } catch {
            record(ProtocolFailure(.internalError, reason: "unexpected"), request)
            return render(.failure(.internalError), as: version == .cas1 ? .plain : format)
        }
    }

    private enum Format { case xml, json, plain }

    /// CAS 3.0 §2.5.1: `XML`, the default, or `JSON`; other words are an error.
    private func readFormat(_ parameters: Parameters, version: Version) throws -> Format {
        guard version != .cas1 else { return .plain }
        switch parameters["format"]?.uppercased() {
        case nil, "XML": return .xml
        case "JSON": return .json
        default: throw ProtocolFailure(.invalidRequest, reason: "unknown format")
        }
    }

    private func readRequest(_ parameters: Parameters) throws(ProtocolFailure) -> ValidationRequest
    {
        guard let ticket = parameters["ticket"] else {
            throw ProtocolFailure(.invalidRequest, reason: "ticket missing")
        }
        guard let service = parameters["service"] else {
            throw ProtocolFailure(.invalidRequest, reason: "service missing")
        }
        return ValidationRequest(
            ticket: ticket, service: service, requiresNewLogin: parameters.isSet("renew"),
            asksForProxyGranting: parameters["pgtUrl"] != nil,
            serviceBytesMax: limits.serviceURLBytes)
    }

    private func render(_ response: ServiceResponse, as format: Format) -> Response {
        switch format {
        case .xml: Response(.ok, type: "application/xml;charset=UTF-8", body: response.xml)
        case .json: Response(.ok, type: "application/json;charset=UTF-8", body: response.json)
        case .plain: Response(.ok, type: "text/plain;charset=UTF-8", body: response.plainText)
        }
    }

    private func record(_ failure: ProtocolFailure, _ request: Request) {
        var metadata: Logger.Metadata = [
            "code": .string(failure.code.rawValue), "reason": .string(failure.reason),
            "client": .string(request.gateway.remoteAddress),
        ]
        for detail in failure.details { metadata[detail.key] = .string(detail.value) }
        log.log(
            level: failure.code == .internalError ? .error : .info, "validation refused",
            metadata: metadata)
    }
}
